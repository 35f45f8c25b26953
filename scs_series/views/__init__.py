"""The pages: each view finds, asks the policy, acts through a service, answers."""
