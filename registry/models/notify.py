"""How does an event reach those who follow its row? In its own transaction, so that none is lost."""

import pgtrigger

NOTIFY = pgtrigger.Trigger(
    name="notify_followers",
    level=pgtrigger.Statement,
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    referencing=pgtrigger.Referencing(new="new_rows"),
    func="""
        INSERT INTO registry_notice (device_id, event_id, created_at)
        SELECT follow.device_id, new_rows.id, now()
        FROM new_rows
        JOIN registry_follow AS follow
          ON follow.subject = new_rows.subject AND follow.subject_id = new_rows.subject_id
        ON CONFLICT DO NOTHING;
        RETURN NULL;
    """,
)
