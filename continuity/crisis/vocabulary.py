"""The coded choices of a crisis contact: closed lists in the field's own words (domain 3.3 and 3.4).

"Chronic complaint" and "excited delirium" are not offered (P-6, AB 360). A required answer is never blank:
`unknown`, `asked_*`, `not_asked` say why there is none.
"""

from django.db.models import TextChoices


class Origin(TextChoices):
    CALL_911 = "call_911"
    CALL_988 = "call_988"
    CRISIS_LINE_LOCAL = "crisis_line_local"
    NON_EMERGENCY_LINE = "non_emergency_line"
    OFFICER_REQUEST = "officer_request"
    OFFICER_INITIATED = "officer_initiated"
    EMS_FIRE_REQUEST = "ems_fire_request"
    COMMUNITY_PROVIDER = "community_provider"
    SCHOOL = "school"
    WALK_IN = "walk_in"
    FAMILY_DIRECT = "family_direct"
    PROACTIVE_OUTREACH = "proactive_outreach"
    COURT_OR_JAIL = "court_or_jail"
    OTHER = "other"
    UNKNOWN = "unknown"


class CallType(TextChoices):
    """What a call was taken as, in the words of a 911 floor (D-4)."""

    NONVIOLENT_MH_CRISIS = "nonviolent_mh_crisis"
    SUICIDE_THREAT = "suicide_threat"
    WELFARE_CHECK = "welfare_check"
    TRESPASS = "trespass"
    INTOXICATED_PERSON = "intoxicated_person"
    PANHANDLING = "panhandling"
    INDECENCY = "indecency"
    VERBAL_DISTURBANCE = "verbal_disturbance"
    PHYSICAL_DISTURBANCE = "physical_disturbance"
    ASSAULT = "assault"
    DOMESTIC_VIOLENCE = "domestic_violence"
    MEDICAL = "medical"
    MISSING_PERSON = "missing_person"
    OTHER = "other"
    UNKNOWN = "unknown"


class Responder(TextChoices):
    """Whom a call is handed to."""

    CLINICIAN = "clinician"
    LINE_988 = "line_988"
    TREATMENT_TEAM = "treatment_team"
    CO_RESPONSE = "co_response"
    MOBILE_CRISIS = "mobile_crisis"
    COMMUNITY_TEAM = "community_team"
    EMS = "ems"
    POLICE = "police"


class Modality(TextChoices):
    PHONE = "phone"
    VIDEO = "video"
    TEXT_CHAT = "text_chat"
    IN_PERSON_FIELD = "in_person_field"
    IN_PERSON_FACILITY = "in_person_facility"


class ResponseType(TextChoices):
    CALL_DIVERSION_CLINICIAN = "call_diversion_clinician"
    WARM_TRANSFER_988 = "warm_transfer_988"
    TELE_CO_RESPONSE = "tele_co_response"
    CO_RESPONSE = "co_response"
    COMMUNITY_RESPONSE_TEAM = "community_response_team"
    MOBILE_CRISIS_TEAM = "mobile_crisis_team"
    CIT_OFFICER = "cit_officer"
    PATROL_NON_CIT = "patrol_non_cit"
    EMS_FIRE = "ems_fire"
    OUTREACH_FOLLOW_UP = "outreach_follow_up"
    NO_RESPONSE = "no_response"


class ReporterRelationship(TextChoices):
    SELF = "self"
    FAMILY = "family"
    FRIEND = "friend"
    NEIGHBOUR_BYSTANDER = "neighbour_bystander"
    PROVIDER = "provider"
    SCHOOL_STAFF = "school_staff"
    BUSINESS = "business"
    OFFICER = "officer"
    EMS = "ems"
    OTHER = "other"
    UNKNOWN = "unknown"


class PresentingIssue(TextChoices):
    SUICIDAL_IDEATION = "suicidal_ideation"
    SUICIDE_ATTEMPT = "suicide_attempt"
    SELF_INJURY_NONSUICIDAL = "self_injury_nonsuicidal"
    HOMICIDAL_IDEATION = "homicidal_ideation"
    HALLUCINATIONS = "hallucinations"
    DELUSIONS = "delusions"
    MANIA = "mania"
    DEPRESSION_HOPELESSNESS = "depression_hopelessness"
    ANXIETY_PANIC = "anxiety_panic"
    AGITATION = "agitation"
    DISORIENTATION_CONFUSION = "disorientation_confusion"
    DISORGANIZED_BEHAVIOR = "disorganized_behavior"
    SELF_NEGLECT = "self_neglect"
    SUBSTANCE_INTOXICATION = "substance_intoxication"
    SUBSTANCE_WITHDRAWAL = "substance_withdrawal"
    OVERDOSE = "overdose"
    MEDICATION_PROBLEM = "medication_problem"
    COGNITIVE_DEMENTIA = "cognitive_dementia"
    DEVELOPMENTAL_DISABILITY = "developmental_disability"
    TRAUMA_GRIEF = "trauma_grief"
    FAMILY_CONFLICT = "family_conflict"
    HOUSING_CRISIS = "housing_crisis"
    BASIC_NEEDS = "basic_needs"
    WELFARE_CONCERN = "welfare_concern"
    MEDICAL_SUSPECTED = "medical_suspected"
    NO_CRISIS_FOUND = "no_crisis_found"
    OTHER = "other"
    UNKNOWN = "unknown"


class RiskLevel(TextChoices):
    """A clinician's judgement."""

    NONE_IDENTIFIED = "none_identified"
    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"
    IMMINENT = "imminent"
    NOT_ASSESSED = "not_assessed"


class SafetyObservation(TextChoices):
    WEAPON_FIREARM = "weapon_firearm"
    WEAPON_EDGED = "weapon_edged"
    WEAPON_OTHER = "weapon_other"
    WEAPON_ACCESS_REPORTED = "weapon_access_reported"
    THREAT_TO_SELF = "threat_to_self"
    THREAT_TO_OTHERS = "threat_to_others"
    ASSAULT_ON_RESPONDER = "assault_on_responder"
    ASSAULT_ON_PUBLIC = "assault_on_public"
    BARRICADE = "barricade"
    HAZARDOUS_ENVIRONMENT = "hazardous_environment"
    ANIMALS = "animals"
    FEAR_OF_UNIFORMS = "fear_of_uniforms"
    FEAR_OF_TOUCH = "fear_of_touch"
    FLIGHT_RISK = "flight_risk"
    MEDICAL_DEVICE_OR_CONDITION = "medical_device_or_condition"
    NONE_OBSERVED = "none_observed"
    UNKNOWN = "unknown"


class DeescalationKind(TextChoices):
    PREFERRED_NAME = "preferred_name"
    CALM_VOICE = "calm_voice"
    ONE_SPEAKER = "one_speaker"
    GIVE_SPACE = "give_space"
    NO_LIGHTS_SIRENS = "no_lights_sirens"
    WRITTEN_COMMUNICATION = "written_communication"
    INTERPRETER_NEEDED = "interpreter_needed"
    SUPPORT_PERSON = "support_person"
    TOPIC_TO_USE = "topic_to_use"
    TOPIC_TO_AVOID = "topic_to_avoid"
    SENSORY_NEEDS = "sensory_needs"
    SERVICE_ANIMAL = "service_animal"
    PREFERRED_RESPONDER_TEAM = "preferred_responder_team"


class HoldStatus(TextChoices):
    NOT_APPLICABLE = "not_applicable"
    EVALUATED_NOT_MET = "evaluated_not_met"
    INITIATED = "initiated"
    ACCEPTED_BY_FACILITY = "accepted_by_facility"
    NOT_UPHELD_RELEASED = "not_upheld_released"
    CONVERTED_VOLUNTARY = "converted_voluntary"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class HoldAuthority(TextChoices):
    CA_5150 = "ca_5150"
    CA_5585_50 = "ca_5585_50"
    NC_122C_IVC = "nc_122c_ivc"
    NC_122C_EMERGENCY = "nc_122c_emergency"
    MO_632_305 = "mo_632_305"
    OTHER_STATE = "other_state"


class TransportMode(TextChoices):
    NONE = "none"
    EMS = "ems"
    LAW_ENFORCEMENT = "law_enforcement"
    MOBILE_TEAM = "mobile_team"
    FAMILY_FRIEND = "family_friend"
    SELF = "self"
    RIDESHARE_VOUCHER = "rideshare_voucher"
    OTHER = "other"
    UNKNOWN = "unknown"


class TransportDestination(TextChoices):
    NONE = "none"
    HOME = "home"
    FAMILY_FRIEND = "family_friend"
    CRISIS_STABILIZATION_UNIT = "crisis_stabilization_unit"
    CRISIS_RESIDENTIAL = "crisis_residential"
    PSYCHIATRIC_EMERGENCY = "psychiatric_emergency"
    HOSPITAL_ED = "hospital_ed"
    PSYCHIATRIC_INPATIENT = "psychiatric_inpatient"
    SOBERING_DETOX = "sobering_detox"
    SUD_TREATMENT = "sud_treatment"
    SHELTER = "shelter"
    OUTPATIENT_CLINIC = "outpatient_clinic"
    JAIL = "jail"
    JUVENILE_HALL = "juvenile_hall"
    OTHER = "other"
    UNKNOWN = "unknown"


class DivertedFrom(TextChoices):
    LAW_ENFORCEMENT_RESPONSE = "law_enforcement_response"
    ARREST = "arrest"
    EMERGENCY_DEPARTMENT = "emergency_department"
    INVOLUNTARY_HOLD = "involuntary_hold"
    NONE = "none"
    UNDETERMINED = "undetermined"


class ExistingTreatment(TextChoices):
    CONNECTED_ACTIVE = "connected_active"
    CONNECTED_INACTIVE = "connected_inactive"
    NOT_CONNECTED = "not_connected"
    UNKNOWN = "unknown"
    DECLINED_TO_SAY = "declined_to_say"
    NOT_ASKED = "not_asked"


class HousingStatus(TextChoices):
    HOUSED = "housed"
    UNSTABLE = "unstable"
    UNSHELTERED = "unsheltered"
    SHELTERED = "sheltered"
    SUPPORTIVE_HOUSING = "supportive_housing"
    FACILITY = "facility"
    UNKNOWN = "unknown"
    NOT_ASKED = "not_asked"


class UseOfForce(TextChoices):
    """Written by law enforcement alone."""

    NONE = "none"
    LESS_LETHAL = "less_lethal"
    PHYSICAL = "physical"
    FIREARM = "firearm"
    UNKNOWN = "unknown"
    NOT_ASKED = "not_asked"


class Injuries(TextChoices):
    NONE = "none"
    PERSON = "person"
    RESPONDER = "responder"
    BOTH = "both"
    UNKNOWN = "unknown"
    NOT_ASKED = "not_asked"


class YesNoUnknown(TextChoices):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    ASKED_UNKNOWN = "asked_unknown"
    ASKED_DECLINED = "asked_declined"
    NOT_ASKED = "not_asked"
    NOT_APPLICABLE = "not_applicable"


class Disposition(TextChoices):
    """How a contact ended; the APCO code of each stands in docs/vocabulary.md."""

    RESOLVED_BY_PHONE = "resolved_by_phone"
    RESOLVED_ON_SCENE = "resolved_on_scene"
    SAFETY_PLAN_COMPLETED = "safety_plan_completed"
    WARM_TRANSFER_988 = "warm_transfer_988"
    REFERRED_NEW_SERVICE = "referred_new_service"
    TREATMENT_TEAM_NOTIFIED = "treatment_team_notified"
    MOBILE_CRISIS_HANDOFF = "mobile_crisis_handoff"
    DESIGNATED_EXAMINER_REFERRAL = "designated_examiner_referral"
    TRANSPORTED_VOLUNTARY = "transported_voluntary"
    TRANSPORTED_INVOLUNTARY = "transported_involuntary"
    TRANSPORTED_MEDICAL = "transported_medical"
    TRANSPORTED_SHELTER = "transported_shelter"
    TRANSPORTED_SOBERING = "transported_sobering"
    ARRESTED = "arrested"
    CITED_RELEASED = "cited_released"
    SERVICES_DECLINED = "services_declined"
    UNABLE_TO_CONTACT = "unable_to_contact"
    GONE_ON_ARRIVAL = "gone_on_arrival"
    NO_ACTION_NEEDED = "no_action_needed"
    CANCELLED = "cancelled"
    DECEASED = "deceased"


class Basis(TextChoices):
    """How somebody knows what a flag or a tip says."""

    OBSERVED = "observed"
    REPORTED = "reported"
    DOCUMENTED = "documented"
