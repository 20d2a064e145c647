cdef class Stage:
    cdef public double first, most, per_byte


cdef class ReadTimeouts:
    cdef public Stage handshake, header, body
