/* Making a sandbox like it was at some moment: by its image, metadata and manner. */
#ifndef CRMOCK_SANDBOX_CHANGE_H
#define CRMOCK_SANDBOX_CHANGE_H

#include "fixture/fixture.h"
#include "sandbox/sandbox.h"

/* Which times of the store are those of a load now. */
enum dating { DATE_NOTHING, DATE_TOKENS, DATE_ALL };

/* What is changed in a store that begins with an image, before anybody uses it. */
struct change {
    enum dating dating;
    const cJSON *fixtures;               /* that are added; NULL: none */
    const struct fixture_source *source; /* of those */
    struct fixture_credentials
        *credentials;            /* what its first org lacks of them is made, and they are
                                  * told; `tokens` are the caller's. NULL: nothing is made */
    struct fixture_fault *fault; /* of the fixtures, when they were not taken */
};

/* A scene with a store of its own, which begins with the image. *making is changed to what that has,
 * and stays the caller's; its image and metadata are shared. NULL with a reason (arena-owned). */
MUSTCHECK struct scene *change_begin(struct sandbox *sandbox, struct making *making,
                                     const struct change *change, struct arena *arena,
                                     const char **reason);
/* What the sandbox is now, owned by the caller. False after a failure (logged). */
MUSTCHECK bool change_take(const struct scene *scene, struct making *making);
/* Puts a sandbox back, under its lock, in the place of the scene that is there. False with a reason
 * (arena-owned): it is as it was. */
MUSTCHECK bool change_back(struct sandbox *sandbox, const struct scene *scene,
                           const struct making *making, enum dating dating, struct arena *arena,
                           const char **reason);

#endif
