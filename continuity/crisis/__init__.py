"""Crisis contacts and what the next responder should know: safety flags, what calms, response plans."""
