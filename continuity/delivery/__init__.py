"""Messages out: notices sent by e-mail and signed webhooks, opened with the right asked again."""
