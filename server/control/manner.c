#include "control/manner.h"

bool manner_begin(struct control_call *call, struct manner *manner)
{
    const struct scene *scene = control_lock(call);
    if (scene != NULL)
        *manner = scene->manner;
    return scene != NULL;
}

/* Puts the scene (NULL: none could be made) in the place of the sandbox's, and unlocks that. */
static bool put(struct control_call *call, struct scene *other, const char *reason)
{
    if (other != NULL)
        sandbox_exchange(call->sandbox, other);
    control_unlock(call);
    if (other == NULL)
        (void)control_refuse(call, 500, NULL, "%s", reason);
    return other != NULL;
}

bool manner_put(struct control_call *call, const struct manner *manner)
{
    const char *reason = "";
    struct scene *other =
        call->is_refused ? NULL : scene_other(call->scene, NULL, manner, call->arena, &reason);
    return put(call, other, reason);
}

bool metadata_put(struct control_call *call, struct metadata *metadata)
{
    const char *reason = "the metadata could not be read (the log says why)";
    struct scene *other = metadata != NULL ? scene_other(call->scene, metadata, &call->scene->manner,
                                                         call->arena, &reason)
                                           : NULL;
    return put(call, other, reason);
}
