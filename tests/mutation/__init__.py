"""Break the access policy on purpose, one small change at a time: each must be noticed by the tests of the policy."""
