"""The front door: sign-in, the choice of the duty agency, limits of a session, the frame of every page."""
