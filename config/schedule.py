"""When the clock runs which task; what each does is said in docs/operations.md. All may run twice or late."""

from celery.schedules import crontab

SCHEDULE: dict[str, dict[str, object]] = {
    "deliver-what-is-due": {
        "task": "continuity.delivery.tasks.deliver",
        "schedule": 10,  # seconds: whatever was lost on the way to the worker is found here
        "options": {"expires": 10},
    },
    "fold-counts-of-names": {
        "task": "continuity.people.tasks.fold_counts",
        "schedule": crontab(minute="*/5"),
    },
    "forget-old-notices": {
        "task": "continuity.delivery.tasks.forget_old_notices",
        "schedule": crontab(hour=3, minute=40),
    },
    "look-for-duplicates": {
        "task": "continuity.people.tasks.look_for_duplicates",
        "schedule": 10,  # seconds: whoever was registered since is compared with the rest of the index
        "options": {"expires": 10},
    },
    "expire-consents": {
        "task": "continuity.consents.tasks.expire_consents",
        "schedule": crontab(minute=10),
    },
    "tell-of-expiring-consents": {
        "task": "continuity.consents.tasks.tell_of_expiring",
        "schedule": crontab(hour=13, minute=30),
    },
    "tell-of-unpapered-suspensions": {
        "task": "continuity.consents.tasks.tell_of_unpapered_suspensions",
        "schedule": crontab(hour=13, minute=35),
    },
    "tell-of-offers-due": {
        "task": "continuity.consents.tasks.tell_of_offers_due",
        "schedule": crontab(hour=13, minute=40),
    },
    "ask-about-events": {
        "task": "continuity.consents.tasks.ask_about_events",
        "schedule": crontab(hour=13, minute=45),
    },
    "tell-of-accountings-due": {
        "task": "continuity.disclosures.tasks.tell_of_accountings_due",
        "schedule": crontab(hour=13, minute=25),
    },
    "remind-of-drafts": {
        "task": "continuity.crisis.tasks.remind_of_drafts",
        "schedule": crontab(minute="*/10"),
    },
    "cancel-old-drafts": {
        "task": "continuity.crisis.tasks.cancel_old_drafts",
        "schedule": crontab(minute=40),
    },
    "tell-of-waiting-proposals": {
        "task": "continuity.crisis.tasks.tell_of_waiting_proposals",
        "schedule": crontab(minute=45),
    },
    "tell-of-expiring-flags": {
        "task": "continuity.crisis.tasks.tell_of_expiring_flags",
        "schedule": crontab(hour=13, minute=50),
    },
    "tell-of-amendments-due": {
        "task": "continuity.crisis.tasks.tell_of_amendments_due",
        "schedule": crontab(hour=13, minute=55),
    },
    "tell-of-due-follow-ups": {
        "task": "continuity.treatment.tasks.tell_of_due_follow_ups",
        "schedule": crontab(),
    },
    "tell-supervisors-of-overdue-follow-ups": {
        "task": "continuity.treatment.tasks.tell_supervisors_of_overdue",
        "schedule": crontab(minute="*/5"),
    },
    "tell-of-unacknowledged-linkages": {
        "task": "continuity.treatment.tasks.tell_of_unacknowledged",
        "schedule": crontab(minute="*/5"),
    },
    "tell-of-stale-team-links": {
        "task": "continuity.treatment.tasks.tell_of_stale_links",
        "schedule": crontab(hour=13, minute=50),
    },
    "time-out-emergency-requests": {
        "task": "continuity.access.tasks.time_out_requests",
        "schedule": crontab(),
    },
    "end-emergencies": {
        "task": "continuity.access.tasks.end_emergencies",
        "schedule": crontab(),
    },
    "remind-of-overdue-reviews": {
        "task": "continuity.access.tasks.remind_of_overdue_reviews",
        "schedule": crontab(minute="*/10"),
    },
    "make-ledger-partitions": {
        "task": "continuity.disclosures.tasks.make_partitions",
        "schedule": crontab(hour=3, minute=20),
    },
    "seal-the-ledger": {
        "task": "continuity.disclosures.tasks.seal_ledger",
        "schedule": crontab(minute=5),
    },
    "verify-the-last-day": {
        "task": "continuity.disclosures.tasks.verify_last_day",
        "schedule": crontab(hour=4, minute=30),
    },
    "watch-the-ledger": {
        "task": "continuity.disclosures.tasks.watch_ledger",
        "schedule": crontab(minute="*/10"),
    },
    "review-last-weeks-use": {
        "task": "continuity.disclosures.tasks.review_last_week",
        "schedule": crontab(day_of_week="mon", hour=13, minute=5),
    },
    "suspend-what-is-over": {
        "task": "continuity.agencies.tasks.suspend_what_is_over",
        "schedule": crontab(hour=4, minute=10),
    },
    "tell-of-locked-accounts": {
        "task": "continuity.notices.tasks.tell_of_locked_accounts",
        "schedule": crontab(),
    },
    "tell-of-suspended-accounts": {
        "task": "continuity.notices.tasks.tell_of_suspended_accounts",
        "schedule": crontab(hour=4, minute=20),
    },
    "tell-of-account-reviews": {
        "task": "continuity.notices.tasks.tell_of_reviews_due",
        "schedule": crontab(hour=13, minute=15),
    },
    "forget-answered-requests": {
        "task": "continuity.trail.tasks.forget_answered_requests",
        "schedule": crontab(minute=25),
    },
}
