/* The certificate that TLS clients have to know. */
#include <string.h>

#include "control/call.h"

static int64_t tell(struct control_call *call)
{
    const char *authority = call->control->authority;
    return authority != NULL
               ? control_reply_text(call, authority, strlen(authority))
               : control_refuse(
                     call, 404, NULL,
                     "there is no authority of crmock's own: --tls-port or --proxy-port makes"
                     " one, --tls-cert does without");
}

const struct control_endpoint control_authority = {
    .method = "GET",
    .path = "/_crmock/ca.pem",
    .handle = tell,
    .is_of_process = true,
    .says = "The certificate of the authority that TLS clients have to trust, as PEM.",
    .text = "application/x-pem-file",
};
