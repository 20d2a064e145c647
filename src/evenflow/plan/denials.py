"""Why somebody was not let in, in the words of the error log.

What stands here httpd logs at `error`, so that whoever watches the log for people who try passwords sees them; other
requests that are refused are information.
"""

from __future__ import annotations

from typing import Final

BY_REQUIRE: Final = "client denied by server configuration (AH01630)"
BY_ORDER: Final = "client denied by server configuration (AH01797)"
BY_METHOD: Final = "the method is not among AllowMethods (AH01623)"
WRONG_SCHEME: Final = "credentials of another scheme than Basic (AH01614)"
WRONG_PASSWORD: Final = "a wrong password (AH01617)"
NO_SUCH_USER: Final = "an unknown user (AH01618)"
NOT_THIS_USER: Final = "the user may not come in (AH01631)"
TYPED_SUBJECT: Final = "a certificate's subject that somebody has typed (AH02035)"
NO_TLS: Final = "SSL connection required (AH02219)"
BY_SSL_REQUIRE: Final = "an SSLRequire does not hold (AH02229)"
NO_NAME: Final = "the TLS handshake named no host (AH02033, SSLStrictSNIVHostCheck)"

DENIALS: Final = frozenset(
    (
        BY_REQUIRE,
        BY_ORDER,
        BY_METHOD,
        WRONG_SCHEME,
        WRONG_PASSWORD,
        NO_SUCH_USER,
        NOT_THIS_USER,
        TYPED_SUBJECT,
        NO_TLS,
        BY_SSL_REQUIRE,
        NO_NAME,
    )
)
