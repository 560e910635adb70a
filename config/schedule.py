"""When the clock runs which task; what each does is said in docs/operations.md. All may run twice or late."""

from celery.schedules import crontab

_EVERY_MINUTE, _EVERY_FIVE, _EVERY_TEN = crontab(), crontab(minute="*/5"), crontab(minute="*/10")
_OFTEN = 10  # seconds
# Name of the entry: the task below `continuity`, and when.
_WHEN = {
    # What was lost on the way to the worker is found here, and whoever was registered since is compared.
    "deliver-what-is-due": ("delivery.tasks.deliver", _OFTEN),
    "look-for-duplicates": ("people.tasks.look_for_duplicates", _OFTEN),
    "tell-of-due-follow-ups": ("treatment.tasks.tell_of_due_follow_ups", _EVERY_MINUTE),
    "time-out-emergency-requests": ("access.tasks.time_out_requests", _EVERY_MINUTE),
    "end-emergencies": ("access.tasks.end_emergencies", _EVERY_MINUTE),
    "tell-of-locked-accounts": ("notices.tasks.tell_of_locked_accounts", _EVERY_MINUTE),
    "fold-counts-of-names": ("people.tasks.fold_counts", _EVERY_FIVE),
    "tell-supervisors-of-overdue-follow-ups": ("treatment.tasks.tell_supervisors_of_overdue", _EVERY_FIVE),
    "tell-of-unacknowledged-linkages": ("treatment.tasks.tell_of_unacknowledged", _EVERY_FIVE),
    "remind-of-drafts": ("crisis.tasks.remind_of_drafts", _EVERY_TEN),
    "remind-of-overdue-reviews": ("access.tasks.remind_of_overdue_reviews", _EVERY_TEN),
    "watch-the-ledger": ("disclosures.tasks.watch_ledger", _EVERY_TEN),
    # Each hour.
    "seal-the-ledger": ("disclosures.tasks.seal_ledger", crontab(minute=5)),
    "expire-consents": ("consents.tasks.expire_consents", crontab(minute=10)),
    "forget-answered-requests": ("trail.tasks.forget_answered_requests", crontab(minute=25)),
    "cancel-old-drafts": ("crisis.tasks.cancel_old_drafts", crontab(minute=40)),
    "tell-of-waiting-proposals": ("crisis.tasks.tell_of_waiting_proposals", crontab(minute=45)),
    # Each night.
    "make-ledger-partitions": ("disclosures.tasks.make_partitions", crontab(hour=3, minute=20)),
    "forget-old-notices": ("delivery.tasks.forget_old_notices", crontab(hour=3, minute=40)),
    "suspend-what-is-over": ("agencies.tasks.suspend_what_is_over", crontab(hour=4, minute=10)),
    "tell-of-suspended-accounts": ("notices.tasks.tell_of_suspended_accounts", crontab(hour=4, minute=20)),
    "verify-the-last-day": ("disclosures.tasks.verify_last_day", crontab(hour=4, minute=30)),
    # Each day at 13:00 UTC and after, which is morning in every state.
    "review-last-weeks-use": (
        "disclosures.tasks.review_last_week",
        crontab(day_of_week="mon", hour=13, minute=5),
    ),
    "tell-of-account-reviews": ("notices.tasks.tell_of_reviews_due", crontab(hour=13, minute=15)),
    "tell-of-accountings-due": ("disclosures.tasks.tell_of_accountings_due", crontab(hour=13, minute=25)),
    "tell-of-expiring-consents": ("consents.tasks.tell_of_expiring", crontab(hour=13, minute=30)),
    "tell-of-unpapered-suspensions": (
        "consents.tasks.tell_of_unpapered_suspensions",
        crontab(hour=13, minute=35),
    ),
    "tell-of-offers-due": ("consents.tasks.tell_of_offers_due", crontab(hour=13, minute=40)),
    "ask-about-events": ("consents.tasks.ask_about_events", crontab(hour=13, minute=45)),
    "tell-of-expiring-flags": ("crisis.tasks.tell_of_expiring_flags", crontab(hour=13, minute=50)),
    "tell-of-stale-team-links": ("treatment.tasks.tell_of_stale_links", crontab(hour=13, minute=50)),
    "tell-of-amendments-due": ("crisis.tasks.tell_of_amendments_due", crontab(hour=13, minute=55)),
}

SCHEDULE: dict[str, dict[str, object]] = {
    name: {"task": f"continuity.{task}", "schedule": when}
    | ({"options": {"expires": _OFTEN}} if when == _OFTEN else {})
    for name, (task, when) in _WHEN.items()
}
