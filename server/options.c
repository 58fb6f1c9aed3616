#include "options.h"

#include <argp.h>
#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/catalogue.h"
#include "setting.h"

#ifndef CRMOCK_VERSION
#define CRMOCK_VERSION "unknown"
#endif

/* The options as --help lists them, and docs/options.md: one without a name is the heading of those
 * that follow. */
static const struct setting settings[] = {
    {.help = "Listening:"},
    {"listen", "ADDRESS", "Address to listen on (default 127.0.0.1)", TEXT,
     offsetof(struct app_options, http.listen), 0, 0, NULL},
    {"port", "N", "Port to listen on, 0 for any free one (default 8080)", NUMBER,
     offsetof(struct app_options, http.port), 0, 65535, NULL},
    {"threads", "N", "Threads that answer requests (default: processors less one, 1 to 4)", NUMBER,
     offsetof(struct app_options, http.threads), 1, 64, NULL},
    {"max-connections", "N", "Connections served at once (default 512)", NUMBER,
     offsetof(struct app_options, http.max_connections), 8, 65536, NULL},
    {"idle-timeout", "SECONDS", "Close silent connections after that time, 0 for never (default 60)",
     NUMBER, offsetof(struct app_options, http.idle_timeout), 0, 86400, NULL},
    {.help = "Store and fixtures:"},
    {"db", "PATH", "Store that lasts; without it the store is in memory and gone at exit", TEXT,
     offsetof(struct app_options, db), 0, 0, NULL},
    {"durability", "WORD",
     "normal: acknowledged writes survive a crash; full: a power cut too (default normal)", CHOICE,
     offsetof(struct app_options, durability), 0, 0, store_durability_names},
    {"fixtures", "DIR", "Folder of fixtures for a new store (default: those in the binary)", TEXT,
     offsetof(struct app_options, fixtures), 0, 0, NULL},
    {"cache", "DIR", "Folder for copies of loaded fixtures (default: in the user's cache folder)", TEXT,
     offsetof(struct app_options, cache), 0, 0, NULL},
    {"no-cache", NULL, "Load the fixtures at each start of a new store", OFF,
     offsetof(struct app_options, uses_cache), 0, 0, NULL},
    {.help = "Limits:"},
    {"max-body", "BYTES", "Largest request body (default 1048576)", SIZE,
     offsetof(struct app_options, http.max_body), 1, 1ULL << 30, NULL},
    {"max-header", "BYTES", "Largest request line and headers (default 16384)", SIZE,
     offsetof(struct app_options, http.max_header), 4096, 1 << 20, NULL},
    {"max-memory", "BYTES", "Memory that all requests together may take (default 268435456)", SIZE,
     offsetof(struct app_options, http.max_memory), 1 << 20, 1ULL << 40, NULL},
    {"request-memory", "BYTES", "Memory that one of them may take beside its body (default 33554432)",
     SIZE, offsetof(struct app_options, http.request_memory), 1 << 16, 1ULL << 40, NULL},
    {"request-time", "MS", "Milliseconds that a request's queries may take (default 2000)", NUMBER,
     offsetof(struct app_options, budget.milliseconds), 1, 3600000, NULL},
    {"request-steps", "N",
     "Steps that they may take, some 10 for a record looked at (default 50000000)", NUMBER,
     offsetof(struct app_options, budget.steps), 1000, 4294967295, NULL},
    {"limits", "WORD", "off, or service: its limits of credits, calls at once and tokens (default off)",
     CHOICE, offsetof(struct app_options, limits), 0, 0, limits_preset_names},
    {.help = "Jobs:"},
    {"job-delay", "MS", "Milliseconds that a job stays SCHEDULED (default 0)", NUMBER,
     offsetof(struct app_options, jobs.delay), 0, 86400000, NULL},
    {"job-rate", "N", "Records that an org's jobs try a second, 0 for as many as they can (default 0)",
     NUMBER, offsetof(struct app_options, jobs.rate), 0, 1000000, NULL},
    {"job-batch", "N", "Records that a job changes in one transaction (default 500)", NUMBER,
     offsetof(struct app_options, jobs.batch), 1, JOB_BATCH_MAX, NULL},
    {.help = "Webhooks:"},
    {"webhook-timeout", "MS", "Milliseconds that a webhook's receiver has to answer (default 5000)",
     NUMBER, offsetof(struct app_options, webhooks.timeout), 1, 600000, NULL},
    {"webhook-tries", "N", "Tries until a webhook's call is given up (default 5)", NUMBER,
     offsetof(struct app_options, webhooks.tries), 1, 100, NULL},
    {"webhook-retry", "MS",
     "Milliseconds until the second try, doubled for each further (default 1000)", NUMBER,
     offsetof(struct app_options, webhooks.retry), 1, 3600000, NULL},
    {.help = "OAuth and answers:"},
    {"token-ttl", "SECONDS", "Time that an access token lives; with ms: 1500ms (default 3600)",
     DURATION, offsetof(struct app_options, token_ttl), 1, 315360000, NULL},
    {"auto-consent", "EMAIL", "User as whom every login in the browser goes on at once, without a page",
     TEXT, offsetof(struct app_options, auto_consent), 0, 0, NULL},
    {"answers", "WORD",
     "page: v8 answers as the published page; current: as the service's newer file (default page)",
     CHOICE, offsetof(struct app_options, answers), 0, 0, answers_names},
    {"no-hints", NULL, "Leave out the headers X-Crmock-Rule and X-Crmock-Hint", OFF,
     offsetof(struct app_options, http.hints), 0, 0, NULL},
    {.help = "Control:"},
    {"control", "WORD", "on or off: the API that steers crmock, and its sandboxes (default on)", SWITCH,
     offsetof(struct app_options, control.is_on), 0, 0, switch_names},
    {"control-token", "TOKEN", "Token that every call of it needs, as Authorization: Bearer TOKEN",
     SECRET, offsetof(struct app_options, control.token), 0, 0, NULL},
    {"control-host", "HOST",
     "Name by which it may be called, beside safe ones; repeatable, or with commas", HOSTS,
     offsetof(struct app_options, control.hosts), 0, 0, NULL},
    {"control-origin", "ORIGIN", "Origin of pages that may call it; repeatable, or with commas",
     ORIGINS, offsetof(struct app_options, control.origins), 0, 0, NULL},
    {"host-check", NULL, "Ask the same of the Host of every other request", ON,
     offsetof(struct app_options, control.checks_host), 0, 0, NULL},
    {"faults", "FILE", "List of faults that main begins with, as JSON", TEXT,
     offsetof(struct app_options, faults), 0, 0, NULL},
    {"journal", "N", "Newest requests that each sandbox keeps in its journal (default 1000)", NUMBER,
     offsetof(struct app_options, journal), 0, 100000, NULL},
    {"max-sandboxes", "N", "Sandboxes alive at once, beside main (default 1000)", NUMBER,
     offsetof(struct app_options, max_sandboxes), 0, 100000, NULL},
    {"max-records", "N", "Records in a sandbox beyond which fixtures add none (default 1000000)",
     NUMBER, offsetof(struct app_options, max_records), 0, 1000000000, NULL},
    {.help = "Time:"},
    {"now", "TIME", "ISO 8601 time to stand still at, or +N or -N seconds from the machine's clock",
     TIME, offsetof(struct app_options, clock), 0, 0, NULL},
    {.help = "Log and end:"},
    {"log-level", "LEVEL", "error, warning, info or debug (default info)", CHOICE,
     offsetof(struct app_options, log.level), 0, 0, log_level_names},
    {"exit-with-stdin", NULL, "End when standard input does, as a pipe does when its writer is gone",
     ON, offsetof(struct app_options, exit_with_stdin), 0, 0, NULL},
};

enum { ROWS = COUNT(settings), FIRST_KEY = 0x100, VARIABLE_SIZE = 64, HELP_SIZE = 256 };

/* What argp has of its own ends the process, and is replaced by these. */
enum { KEY_HELP = '?', KEY_VERSION = 'V', KEY_USAGE = 0x80, LAST_GROUP = -1 };
static const struct argp_option told[] = {
    {.name = "help", .key = KEY_HELP, .doc = "Give this help list", .group = LAST_GROUP},
    {.name = "usage", .key = KEY_USAGE, .doc = "Give a short usage message", .group = LAST_GROUP},
    {.name = "version", .key = KEY_VERSION, .doc = "Print program version", .group = LAST_GROUP},
};

static void variable_name(const struct setting *option, char name[VARIABLE_SIZE])
{
    (void)snprintf(name, VARIABLE_SIZE, "CRMOCK_%s", option->name);
    for (char *at = name; *at != '\0'; at++)
        *at = (char)(*at == '-' ? '_' : toupper((unsigned char)*at));
}

static void complain(const struct setting *option, const char *source, const char *text)
{
    (void)fprintf(stderr, "crmock: %s: \"%s\" is not what it takes: %s", source, text,
                  option->argument);
    if (option->most > 0)
        (void)fprintf(stderr, " from %llu to %llu", option->least, option->most);
    (void)fprintf(stderr, " (%s)\n", option->help);
}

/* ECANCELED once it is told, so that argp goes no further. */
static error_t tell(int key, struct argp_state *state)
{
    if (key == KEY_VERSION)
        (void)fprintf(state->out_stream, "crmock " CRMOCK_VERSION "\n");
    else
        argp_state_help(state, state->out_stream,
                        key == KEY_HELP ? ARGP_HELP_STD_HELP : ARGP_HELP_USAGE);
    return ECANCELED;
}

/* What argp fills: an option that is given wins over its variable, also one that may come again. */
struct reading {
    struct app_options *options;
    bool is_given[ROWS];
};

static bool store_argument(struct reading *reading, size_t row, const char *argument)
{
    const struct setting *option = &settings[row];
    if (!reading->is_given[row])
        setting_empty(option, reading->options);
    reading->is_given[row] = true;
    return setting_store(option, argument, reading->options);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    if (key == KEY_HELP || key == KEY_USAGE || key == KEY_VERSION)
        return tell(key, state);
    if (key < FIRST_KEY || key >= FIRST_KEY + (int)ROWS) {
        if (key == ARGP_KEY_ARG)
            argp_error(state, "unexpected argument: %s", argument);
        return key == ARGP_KEY_ARG ? EINVAL : ARGP_ERR_UNKNOWN;
    }
    const struct setting *option = &settings[key - FIRST_KEY];
    if (store_argument(state->input, (size_t)(key - FIRST_KEY), argument != NULL ? argument : ""))
        return 0;
    char source[VARIABLE_SIZE];
    (void)snprintf(source, sizeof source, "--%s", option->name);
    complain(option, source, argument);
    return EINVAL;
}

static bool read_environment(struct app_options *options)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (settings[i].name == NULL)
            continue;
        char name[VARIABLE_SIZE];
        variable_name(&settings[i], name);
        const char *text = getenv(name);
        bool is_set = text != NULL && text[0] != '\0' &&
                      ((settings[i].kind != ON && settings[i].kind != OFF) || strcmp(text, "0") != 0);
        if (is_set && !setting_store(&settings[i], text, options)) {
            complain(&settings[i], name, text);
            return false;
        }
    }
    return true;
}

/* One processor is the client's, which is on this machine: threads that compete with it for processors,
 * and with each other for the store, answer fewer requests together than one alone. */
static unsigned default_threads(void)
{
    long spare = sysconf(_SC_NPROCESSORS_ONLN) - 1;
    return spare < 1 ? 1 : spare > 4 ? 4 : (unsigned)spare;
}

static void set_defaults(struct app_options *options)
{
    *options = (struct app_options){
        .log = {.level = LOG_INFO},
        .uses_cache = true,
        .jobs = {.batch = 500},
        .control = {.is_on = true, .version = CRMOCK_VERSION},
        .max_sandboxes = 1000,
        .max_records = 1000000,
        .journal = 1000,
        .webhooks = {.timeout = 5000, .tries = 5, .retry = 1000},
        .token_ttl = 3600000,
        .budget = {.milliseconds = 2000, .steps = 50000000},
        .http = {.listen = "127.0.0.1",
                 .port = 8080,
                 .max_body = 1 << 20,
                 .max_control_body = 16 << 20,
                 .max_header = 16384,
                 .max_memory = 256 << 20,
                 .request_memory = 32 << 20,
                 .max_connections = 512,
                 .idle_timeout = 60,
                 .threads = default_threads(),
                 .hints = true},
    };
}

/* The row as argp has it, its help written to `help`. argp begins a group at each heading. */
static struct argp_option listed_row(const struct setting *row, int key, char help[HELP_SIZE])
{
    if (row->name == NULL)
        return (struct argp_option){.doc = row->help};
    char variable[VARIABLE_SIZE];
    variable_name(row, variable);
    (void)snprintf(help, HELP_SIZE, "%s [$%s]", row->help, variable);
    return (struct argp_option){.name = row->name, .key = key, .arg = row->argument, .doc = help};
}

enum options_outcome options_read(int argc, char **argv, struct app_options *options)
{
    struct argp_option listed[ROWS + COUNT(told) + 1] = {{0}};
    char helps[ROWS][HELP_SIZE];
    for (size_t i = 0; i < ROWS; i++)
        listed[i] = listed_row(&settings[i], FIRST_KEY + (int)i, helps[i]);
    memcpy(listed + ROWS, told, sizeof told);
    const struct argp argp = {
        .options = listed,
        .parser = parse,
        .doc = "A local stand-in for Zoho CRM's Mass Update API. Not made or endorsed by Zoho."
               "\vEach option can be set by the environment variable in brackets; the option wins.",
    };
    set_defaults(options);
    if (!read_environment(options))
        return OPTIONS_WRONG;
    struct reading reading = {.options = options};
    error_t error = argp_parse(&argp, argc, argv, ARGP_NO_HELP | ARGP_NO_EXIT, NULL, &reading);
    return error == 0 ? OPTIONS_READ : error == ECANCELED ? OPTIONS_TOLD : OPTIONS_WRONG;
}

cJSON *options_told(const struct app_options *options)
{
    cJSON *all = cJSON_CreateObject();
    for (size_t i = 0; i < ROWS; i++)
        if (settings[i].name != NULL)
            cJSON_AddItemToObjectCS(all, settings[i].name, setting_tell(&settings[i], options));
    return all;
}
