cimport cython


cpdef bytes normalise(bytes path)

cpdef bytes canonical(bytes path)

cpdef bytes escape(bytes path)

@cython.locals(end=Py_ssize_t, colon=Py_ssize_t, port=cython.int)
cpdef tuple split_host(bytes host)
