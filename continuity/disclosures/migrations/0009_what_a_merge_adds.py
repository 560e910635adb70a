"""What the gate asks more about a person into whom others were merged; `access.merged` reads it.

A function, so that the statement that is asked about everybody else stays as it is, and its plan with it.
"""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION merges_into(survivor uuid, agency uuid, member uuid, membership uuid, in_care text[])
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN jsonb_build_object(
        'retired', (
            SELECT jsonb_agg(jsonb_build_object(
                'id', z.id,
                'into', COALESCE(m.survivor_id, z.replaced_by_id),
                'at', COALESCE(m.decided_at, z.replaced_at),
                'birth_date', z.birth_date,
                'precision', z.birth_date_precision,
                'is_deceased', z.deceased_date IS NOT NULL,
                'is_established', z.identity_status <> 'unknown',
                'known_to', ARRAY(
                    SELECT k.agency_id FROM people_personagency k
                    WHERE k.person_id = z.id AND k.origin_id IS NULL OR k.origin_id = z.id),
                'naming', ARRAY(
                    SELECT s.named_by_id FROM people_personstaffgrant s
                    WHERE s.content_object_id = z.id AND s.user_id = member),
                'reviewed_by', ARRAY(
                    SELECT v.agency_id FROM disclosures_mergereview v
                    WHERE v.merge_id = m.id AND m.state = 'merged')) ORDER BY z.id)
            FROM people_person z
            LEFT JOIN disclosures_merge m ON m.retired_id = z.id AND m.state IN ('merged', 'unmerge_requested')
            WHERE z.replaced_by_id = survivor),
        'known_to', ARRAY(
            SELECT k.agency_id FROM people_personagency k WHERE k.person_id = survivor AND k.origin_id IS NULL),
        'naming', ARRAY(
            SELECT s.named_by_id FROM people_personstaffgrant s
            WHERE s.content_object_id = survivor AND s.user_id = member),
        'grounds', (
            SELECT jsonb_agg(jsonb_build_array(one.origin_id, one.created_at, one.id)) FROM (
                SELECT c.origin_id, c.created_at, c.id FROM consents_consent c WHERE c.person_id = survivor
                UNION ALL
                SELECT e.origin_id, e.created_at, e.id FROM access_emergencyaccess e
                WHERE e.person_id = survivor AND e.requester_id = membership) one),
        'care', (
            SELECT jsonb_agg(jsonb_build_array(one.origin_id, one.created_at)) FROM (
                SELECT l.origin_id, l.created_at FROM treatment_treatmentteamlink l
                WHERE l.person_id = survivor AND l.provider_id = agency AND l.status = 'active'
                UNION ALL
                SELECT k.origin_id, k.created_at FROM treatment_linkage k
                WHERE k.person_id = survivor AND k.recipient_id = agency AND k.status = ANY(in_care)) one),
        'work', (
            SELECT jsonb_agg(jsonb_build_array(one.origin_id, one.created_at)) FROM (
                SELECT f.origin_id, f.created_at FROM treatment_followup f
                WHERE f.person_id = survivor AND f.assigned_to_id = membership AND f.closed_at IS NULL
                UNION ALL
                SELECT k.origin_id, k.created_at FROM treatment_linkage k
                WHERE k.person_id = survivor AND k.owner_id = membership AND k.closed_at IS NULL) one)
    );
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("disclosures", "0008_the_merged_are_redirected")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION merges_into(uuid, uuid, uuid, uuid, text[]);"),
    ]
