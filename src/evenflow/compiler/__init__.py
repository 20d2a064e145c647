"""Settings in, plan out: the one border between configuration text and wire bytes."""
