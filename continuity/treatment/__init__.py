"""Whether somebody is in care and with whom; linkages (referrals) until they are closed; promised follow-ups."""
