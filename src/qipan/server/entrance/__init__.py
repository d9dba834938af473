"""How people come in: password, second step, passkey, an identity provider of their own; django-allauth does the work.

Here is only what Qipan decides: nobody signs up by themselves, a provider's person must be one of ours, secrets are
kept closed, and who can do what is irreversible needs a second step.
"""
