"""`evenflow doctor`: a living deployment seen from outside, and each node beside it where it is given.

A *visit* asks a bounded number of harmless requests at a bounded rate, and its checks compare what came back with
what is known of such deployments. What a check finds is a *finding*: a fault of the table in `faults`, with the
evidence for it. Nothing is changed, nothing is logged in, and no body that is announced is sent.
"""
