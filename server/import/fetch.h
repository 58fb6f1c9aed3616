/* Reads an org of the service. */
#ifndef CRMOCK_IMPORT_FETCH_H
#define CRMOCK_IMPORT_FETCH_H

#include "import/ask.h"
#include "import/documents.h"
#include "import/import.h"
#include "import/losses.h"

/* Fills the documents from what the service tells in v8, in an order that does not depend on when it
 * answered. What it refuses is a loss. False with asker->reason: the documents are empty then. Answers
 * are kept in `state`, and taken from there, once it is known whose they are. */
MUSTCHECK bool import_fetch(struct asker *asker, struct import_state *state,
                            const struct import_options *options, struct import_documents *documents,
                            struct import_losses *losses);

/* Inside the room: the records of modules whose fields are there, and their blueprints. */
MUSTCHECK bool fetch_records(struct asker *asker, unsigned most, struct import_documents *documents,
                             struct import_losses *losses);

#endif
