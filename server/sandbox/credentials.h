/* What the first org of a sandbox is used with, as it is used from outside. */
#ifndef CRMOCK_SANDBOX_CREDENTIALS_H
#define CRMOCK_SANDBOX_CREDENTIALS_H

#include "fixture/fixture.h"
#include "sandbox/sandbox.h"

/* Adds them to the body, as members: those that there are. Texts are copied into the arena. */
void credentials_add(const struct api *api, const struct fixture_credentials *credentials,
                     struct arena *arena, cJSON *body);
/* The same as the store has them now, likewise. False after a logged failure. */
MUSTCHECK bool credentials_tell(const struct scene *scene, struct arena *arena, cJSON *body);

/* Fixtures may name tokens and clients as they are used from outside, 1000.{id}.NAME: changes them to
 * what they are inside. `documents` is one, or a list of them. */
void credentials_inside(cJSON *documents, const char *id);

#endif
