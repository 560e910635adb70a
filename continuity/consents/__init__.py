"""What a person allowed, to whom, for what and until when; read live against the clock."""
