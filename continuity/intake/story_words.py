"""Sentences of the made-up county: no diagnosis, no label (P-6); substances in `SUD_TEXTS` alone."""

# What was seen, per coded issue: one plain sentence, in words the person could read.
OPENINGS = {
    "suicidal_ideation": [
        "Told the call-taker that life feels too heavy and asked for somebody to talk to.",
        "A relative was worried after messages about not wanting to go on.",
        "Said that the nights are the hardest and that the thoughts had come back this week.",
    ],
    "suicide_attempt": [
        "Had hurt themselves before help came; paramedics were already beside them.",
        "A flatmate found them after an attempt and stayed until help came.",
    ],
    "self_injury_nonsuicidal": ["Had fresh scratches on one arm and wanted help to stop."],
    "homicidal_ideation": ["Had said in anger that somebody should pay, and was frightened by the thought."],
    "hallucinations": [
        "Heard voices in the yard that others could not hear, and wanted them answered.",
        "Saw people at the window and asked us to look with them.",
    ],
    "delusions": ["Was sure that the neighbours had changed the locks, and was afraid to sleep."],
    "mania": ["Had not slept for three nights, spoke quickly and had many plans at once."],
    "depression_hopelessness": [
        "Had stayed in bed for days and felt that nothing would change.",
        "Cried through most of the call; grief and money worries had piled up.",
    ],
    "anxiety_panic": [
        "Could not catch their breath after an argument and thought it was their heart.",
        "Panicked on a crowded bus and got off at the depot.",
    ],
    "agitation": [
        "Paced and spoke loudly in a shop doorway after being asked to leave.",
        "Was shouting in the car park and calmed once the crowd had gone.",
    ],
    "disorientation_confusion": [
        "Could not say which bus they had come on and was looking for an old address."
    ],
    "disorganized_behavior": ["Had carried furniture into the street and could not say what for."],
    "self_neglect": ["Had not eaten properly for days; the flat was cold."],
    "substance_intoxication": ["Was unsteady and slow to answer; friends had asked for help."],
    "substance_withdrawal": ["Was shaking and sweating and asked for medical help."],
    "overdose": ["Was hard to wake; breathing steadily when we arrived."],
    "medication_problem": [
        "Had run out of prescribed tablets and could not reach the pharmacy.",
        "Had missed several doses after a change of address.",
    ],
    "cognitive_dementia": ["Was found walking far from home in slippers, looking for a former workplace."],
    "developmental_disability": ["A change of routine at the group home had been too much."],
    "trauma_grief": [
        "It was the anniversary of a loss in the family.",
        "A loud noise brought back an old accident; wanted company until it passed.",
    ],
    "family_conflict": [
        "An argument at home had grown loud; everybody wanted it to stop.",
        "A parent asked for help after a quarrel about money.",
    ],
    "housing_crisis": ["Had lost a place to stay that morning and did not know where to go."],
    "basic_needs": ["Was hungry and cold and asked for a meal and a blanket."],
    "welfare_concern": [
        "Had not been seen for two days; a neighbour asked for somebody to look in.",
        "A shop owner was worried about somebody sitting in the rain.",
    ],
    "medical_suspected": ["Was dizzy and pale; something bodily seemed likely."],
    "no_crisis_found": ["The caller was mistaken; the person was waiting for a friend."],
    "other": ["Asked for help with something that took a while to put into words."],
    "unknown": ["Did not want to say what had happened."],
}
HELPED = [
    "Speaking slowly and one at a time helped.",
    "Taking time helped more than any question.",
    "A glass of water was enough to begin with.",
    "Calmed when it grew quieter around them.",
    "Wanted to know each step before it happened.",
    "Talked about their dog, and that made the rest easier.",
    "Asked to be called by their first name.",
    "A sister helped us to understand one another.",
    "Needed time; after twenty minutes the words came.",
    "Humour helped.",
    "Was relieved that nobody hurried.",
    "Preferred to walk up and down while talking.",
    "Answered more easily when given a choice of two.",
    "Music from the phone helped them to breathe.",
    "Wanted a little distance, and kept it.",
]
NARRATIVES = [
    "Spoke for about {minutes} minutes. Oriented, tired, able to name two people to call tonight. "
    "Sleep has been short for a week. Agreed on three steps for the night and repeated them back.",
    "Reached a calmer state within {minutes} minutes. Described what led up to today without being asked. "
    "Wishes for a counsellor who speaks their language. Supports: a cousin nearby and a church group.",
    "{minutes} minutes together. Slow to begin, then open. Named what has helped before: walking, "
    "cold water, a call to an old friend. Wants fewer strangers at the door next time.",
    "{minutes} minutes with two pauses. Risk went down during the call as plans for the "
    "evening became clear. Would like a reminder of the appointment by text, no details in it.",
]
SUD_TEXTS = [
    "Reported drinking more since losing work; asked about a group that meets in the evening.",
    "Told us about use earlier in the day; wants to try again to cut down.",
    "Has been without use for some weeks and slipped today; felt ashamed and was met kindly.",
]
FLAG_TEXTS = {
    "weapon_firearm": "A family member reported a locked firearm in the house.",
    "weapon_edged": "Held a kitchen knife at first; put it down when asked quietly.",
    "weapon_other": "Carried a walking stick raised when frightened.",
    "weapon_access_reported": "A relative keeps a hunting rifle elsewhere on the land.",
    "threat_to_self": "Spoke of hurting themselves when alone at night.",
    "threat_to_others": "Shouted a threat at a neighbour; took it back the same evening.",
    "assault_on_responder": "Pushed a responder away when held by the arm.",
    "barricade": "Closed the bedroom door with furniture; opened it after half an hour.",
    "hazardous_environment": "Gas stove left on; check the kitchen first.",
    "animals": "A large dog guards the yard; friendly once introduced.",
    "fear_of_uniforms": "Afraid of uniforms; a plain jacket helped.",
    "fear_of_touch": "Startles when touched; ask first.",
    "flight_risk": "May run toward the road when crowded.",
    "medical_device_or_condition": "Uses an insulin pump; keep it dry.",
}
TIP_TEXTS = [
    ("calm_voice", "Speak softly and slowly; pauses are welcome."),
    ("one_speaker", "One person speaks; the others stand back."),
    ("give_space", "Keep three steps away until invited closer."),
    ("no_lights_sirens", "Arrive without lights and sirens if it is safe."),
    ("written_communication", "Writes more easily than speaks; offer a pad."),
    ("interpreter_needed", "Understands more than they say; offer an interpreter early."),
    ("support_person", "An aunt nearby can help and has agreed to be called."),
    ("topic_to_use", "Likes to talk about old cars."),
    ("topic_to_use", "Asks about baseball; it opens most conversations."),
    ("topic_to_avoid", "Please do not bring up the former landlord."),
    ("sensory_needs", "Bright torches hurt; point them down."),
    ("service_animal", "The small brown dog is a service animal; keep them together."),
    ("preferred_responder_team", "Knows the mobile team; ask whether they are free."),
]
STRATEGIES = [
    "Say your name and that nobody is in trouble.",
    "Offer a glass of water and a place to sit.",
    "Let one person speak; the others step back.",
    "Ask what helped last time.",
    "Offer to call the duty line together.",
    "Explain each step before you take it.",
]
TRIGGERS = [
    "Being touched without warning.",
    "Several people speaking at once.",
    "Loud radios.",
    "Being hurried.",
]
SUPPORTERS = ["A sister, evenings, through the duty line.", "A pastor, daytime, through the duty line."]
EXTERNAL_PROVIDERS = ["Foothill Family Health (made up)", "Harvest Table Shelter (made up)"]
