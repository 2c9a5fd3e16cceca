"""The course of a referral: sent, answered, told, consented to, shown."""
