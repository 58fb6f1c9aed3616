/* What the first org of a sandbox is used with, as it is used from outside. */
#ifndef CRMOCK_SANDBOX_CREDENTIALS_H
#define CRMOCK_SANDBOX_CREDENTIALS_H

#include "fixture/fixture.h"
#include "sandbox/sandbox.h"

/* Keeps them with the sandbox, which nobody can find yet. They stay the caller's. */
void credentials_keep(struct sandbox *sandbox, const struct fixture_credentials *credentials);

/* Fixtures may name tokens and clients as they are used from outside, 1000.{id}.NAME: changes them to
 * what they are inside. `documents` is one, or a list of them. */
void credentials_inside(cJSON *documents, const char *id);

#endif
