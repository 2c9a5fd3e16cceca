"""Figures of the product, each beside its raw limit measured in the same run."""
