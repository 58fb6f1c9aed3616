#include "api/permit.h"

static const struct module_permission *permission(const struct call *call)
{
    return &call->token.user->profile->modules[call->module->index];
}

enum error permit_read(struct call *call)
{
    if (permission(call)->can_read)
        return ERR_NONE;
    call->fault.permission = "Read";
    call->fault.hint = "the profile may not read the module";
    return ERR_MAY_NOT_READ_MODULE;
}

enum error permit_write(struct call *call)
{
    if (permission(call)->can_write)
        return ERR_NONE;
    call->fault.hint = "the profile may not write the module's records";
    return ERR_MAY_NOT_WRITE;
}
