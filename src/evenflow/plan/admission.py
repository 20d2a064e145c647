"""Whether a client is let in: AllowMethods, Order/Allow/Deny, Require, and who the user is, in httpd's order.

`admit` is one phase of deciding. It asks access first without a user; only where a user could change the outcome is
Authorization looked at, so an address that is let in needs no password. 401, 403 and 500 fall as in httpd's
ap_process_request_internal and authorize_user_core.
"""

from __future__ import annotations

from evenflow.origin import Origin
from evenflow.plan import access, authn, compat, denials, ground_rules, tls
from evenflow.plan.decision import Inquiry, answer, wait
from evenflow.plan.model import Decision, Scope
from evenflow.plan.questions import OVERLOADED


def admit(inquiry: Inquiry) -> Decision | None:
    """None lets the request pass."""
    made = check(inquiry)
    fake = inquiry.scope.fake
    if made is None and fake is not None:
        authn.put_fake(inquiry, fake)
    return made


def check(inquiry: Inquiry) -> Decision | None:
    """AllowMethods, Order, Require."""
    scope = inquiry.scope
    if scope.tls_required or scope.tls_requires or inquiry.host.front is not None:
        made = tls.admit(inquiry)
        if made is not None:
            return made
    if inquiry.told and OVERLOADED in inquiry.told.values():
        return answer(inquiry, 503, "too many passwords or names are being looked up")
    if scope.allow_methods:
        method = inquiry.head.method
        if (b"GET" if method == b"HEAD" else method) not in scope.allow_methods:
            made = answer(inquiry, 405, denials.BY_METHOD)
            # httpd names the one method that AllowMethods has no say in, and no other.
            made.fields = ((b"Allow", ground_rules.allowed(inquiry.host)),)
            return made
    order = scope.order
    if order is not None:
        assert isinstance(order, compat.Order)
        outcome = compat.outcome_of(order, inquiry)
        if outcome == access.WAITS:
            return wait(inquiry)
        any_is_enough = order.any_is_enough(inquiry.head.method)
        if outcome == access.DENIED and not any_is_enough:
            inquiry.origin = order.origin
            return answer(inquiry, 403, denials.BY_ORDER)
        if outcome == access.GRANTED and any_is_enough:
            return None
    if scope.required_by is not scope.requires:
        scope.required = access.fold(scope.requires)
        scope.required_by = scope.requires
    root = scope.required
    if root is None:
        if scope.auth_type and authn.type_of(scope, inquiry):
            return answer(inquiry, 500, "AuthType stands where nothing is required (AH01627)")
        return None
    assert isinstance(root, access.Require)
    return check_requires(inquiry, scope, root)


def check_requires(inquiry: Inquiry, scope: Scope, root: access.Require) -> Decision | None:
    """Require, first without a user and then, where one could help, with him."""
    # Where an answer came in between, he is known already.
    inquiry.user = None
    outcome = access.outcome_of(root, inquiry, True)
    if outcome == access.GRANTED:
        return None
    if outcome == access.WAITS:
        return wait(inquiry)
    inquiry.origin = first_line(root)
    if outcome != access.NO_USER:
        return answer(inquiry, 403, denials.BY_REQUIRE)
    made = authn.authenticate(inquiry, scope)
    if made is not None:
        return made
    outcome = access.outcome_of(root, inquiry, True)
    if outcome == access.GRANTED:
        return None
    if outcome == access.WAITS:
        return wait(inquiry)
    if scope.forbidden_on_failure and outcome != access.NO_USER:
        return answer(inquiry, 403, denials.NOT_THIS_USER)
    return authn.challenge(inquiry, scope, denials.NOT_THIS_USER)


def first_line(require: access.Require) -> Origin:
    """The first line of a tree: the place to look at."""
    while require.items:
        require = require.items[0]
    return require.origin
