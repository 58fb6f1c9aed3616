/* What the first org of a sandbox is used with, as it is used from outside. */
#ifndef CRMOCK_SANDBOX_CREDENTIALS_H
#define CRMOCK_SANDBOX_CREDENTIALS_H

#include "fixture/fixture.h"
#include "sandbox/sandbox.h"

/* Keeps them with the sandbox, which nobody can find yet. They stay the caller's. */
void credentials_keep(struct sandbox *sandbox, const struct fixture_credentials *credentials);

#endif
