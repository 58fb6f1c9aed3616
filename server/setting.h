/* One option: how its value is read, kept and told. */
#ifndef CRMOCK_SETTING_H
#define CRMOCK_SETTING_H

#include "base/json.h"
#include "options.h"

enum setting_kind {
    TEXT,
    SECRET, /* a text that is not told */
    NUMBER,
    SIZE,
    CHOICE,
    TIME,
    DURATION,
    ON,
    OFF,
    SWITCH,
    PORT,  /* a number, of an address that there is only where it is given */
    URL,   /* http or https, without a slash at its end */
    HOSTS, /* a list: given more than once, or with commas between */
    ORIGINS,
    NAMES, /* as a certificate has them */
    NETWORKS
};

/* An option, its environment variable (CRMOCK_ and its name in capitals), where its value goes, and
 * the values that it takes. */
struct setting {
    const char *name, *argument, *help;
    enum setting_kind kind;
    size_t offset; /* in struct options */
    unsigned long long least, most;
    const char *const *choices; /* names of an enum's values, ended by NULL */
    const char *commands;       /* that take it, with blanks between; NULL: serve alone */
};

/* Of a SWITCH. */
extern const char *const switch_names[];

/* Reads a value; a list gets one more. The text is borrowed. False when it is none that is taken. */
MUSTCHECK bool setting_store(const struct setting *option, const char *text, struct options *options);
/* Takes out what a list has. */
void setting_empty(const struct setting *option, struct options *options);
/* Whether a command takes it. */
MUSTCHECK bool setting_is_of(const struct setting *option, const char *command);
/* The value as JSON; null where nothing is set. Owned by the caller. */
MUSTCHECK cJSON *setting_tell(const struct setting *option, const struct options *options);

#endif
