"""The balancer-manager: what balancers do now, as a page or as XML, and changes to them while they run."""

from evenflow.control.manager.handler import answer

__all__ = ["answer"]
