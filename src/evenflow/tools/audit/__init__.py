"""`evenflow audit`: the nodes' own files beside the balancer's configuration.

A node is a folder with a Tomcat's `server.xml` and its start-up file (`setenv.sh`); several nodes of one application
are looked at together. Readers make facts with places of the files, rules compare the facts, and what a rule finds
carries the edits that mend it. Nothing is sent, and nothing is written but corrected copies where somebody asks for
them.
"""
