cimport cython
from evenflow.plan.model cimport Member
from evenflow.wire.http1 cimport UPGRADE, RequestHead, ResponseHead

@cython.locals(index=Py_ssize_t, value=bytes, asked=bytes, protocol=bytes)
cpdef bytes wanted(RequestHead head, Member member)
cpdef bytes agree(bytes upgrade, ResponseHead answer)
cpdef bytes offered(ResponseHead answer, Member member)
