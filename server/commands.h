/* What crmock can be asked to do, each in a file of its own; main.c has their table. */
#ifndef CRMOCK_COMMANDS_H
#define CRMOCK_COMMANDS_H

#include "options.h"

/* Exit status of who could ask nobody. */
enum { EXIT_UNASKED = 2 };

/* Of struct command's `run`. */
int serve(struct options *options, struct arena *arena);
int print_authority(struct options *options, struct arena *arena);
int check_fixtures(struct options *options, struct arena *arena);
int ask_health(struct options *options, struct arena *arena);
int import_org(struct options *options, struct arena *arena);
int compare_answers(struct options *options, struct arena *arena);

#endif
