"""Why does this request go where it goes? The serving code's own answer, as one JSON-able object.

A real exchange is told the request and asked for a member, with a decider that writes its steps down, over a
scoreboard of its own: a fresh one, or a copy of the running one's numbers. So the decision, the choice, the head for
the member and the head of the answer are what serving would do, byte for byte, and nothing is sent, booked or changed.
This room only adds who is behind each of them.

Format (`version` counts up when a key goes or changes its meaning; new keys may come without it). Bytes are given as
text of the same code points (latin-1). A *place* is `{"file", "line", "text"}` of a statement, or null for what nobody
wrote.

    version       1
    scoreboard    "fresh" or "live": whose bookkeeping the choice was made with
    request       method, target, version, fields [[name, value]], from, to, tls, server_name_indication (null without
                  TLS), body_length (of the part that was imagined)
    steps         the phases in order: phase (a name of plan.steps), place, saw, result, detail
    outcome       kind "forward", "redirect", "answer", "local", "file" or "refused" (before or after the decision: a
                  bad head, no member); place, virtual_host, status and reason of an answer of ours (0 where a member
                  answers), location, balancer, member, url (what the member is asked), through (HOST:PORT of the proxy
                  that is asked for it, null for none), resolved (where the member's name leads, as a running instance
                  knows it: name, addresses, age, ttl, asked_again_in, cause; else null), handler, file, address (the
                  client's)
    shadowed      mappings, redirects and aliases that cover the path too and were not asked: place, prefix, target
    sections      those that met, in the order in which they speak: place, saw, says (its statements)
    settings      what holds for this request: name, value, place
    environment   variables: name, value, place of who set it last
    sticky        null, or cookie, path, separator, place, found "cookie", "url" or null, value, route, member, why
    choice        null, or balancer, place, by "route", "lbmethod" or null, lbmethod, reason, failover (so many other
                  attempts follow one that cannot connect), notes, services (whose targets are members too),
                  members [{name, route, place, loadfactor, lbset, status (letters), in_error, candidate, chosen,
                  owed [before, after], busy, elected, through, resolved}]
    member_tls    null, or how TLS would be spoken to the member (nothing is connected to): engine, place, name (whom
                  its certificate would have to be for), name_from "member" or "client", name_place,
                  server_name_indication (null for an address), checks [{name, value, means, place}]
    to_member     null, or head (text), fields [{name, value, by, place, places}], dropped [{name, value, by, place}]
    edits         Header lines: table, place, applies (null where that hangs on the answer), waits_for (NAME or
                  !NAME of the environment, expr=EXPRESSION, or null)
    reverses      ProxyPassReverse lines that would be tried: place, from [prefix], to
    filters       filters that a body goes through: filter, types (null for any), places (the lines of Substitute that
                  act, in their order)
    answer        null, or member (a plain 200 or 101 that the member might give), head (what the client gets of it)
    own           null, or the head of an answer of ours (text)
    document      null, or the way of the ErrorDocument's path that is answered in its place: status (that it is shown
                  for), place, and everything from scoreboard on once more
    documents     ErrorDocument lines that hold here: status, kind "text", "path" or "url", place
    timeouts      name, seconds, place
    asked         what the decision looked at beside path, Host and method: "fields", "query", "client", "time", "files"
"""

from evenflow.control.explanation.places import Places
from evenflow.control.explanation.story import VERSION, explain, for_client

__all__ = ["VERSION", "Places", "explain", "for_client"]
