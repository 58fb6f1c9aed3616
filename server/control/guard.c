#include "control/guard.h"

bool guard_passes(struct control_call *call)
{
    (void)call;
    return true;
}
