"""What a doctor finds at deployments that are really there."""
