"""A certified OpenID Connect provider as a process of its own, for tests of single sign-on."""
