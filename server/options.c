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
     offsetof(struct options, app.http.listen), 0, 0, NULL, "serve health"},
    {"port", "N", "Port to listen on, 0 for any free one (default 8080)", NUMBER,
     offsetof(struct options, app.http.port), 0, 65535, NULL, "serve health"},
    {"url", "URL", "Base URL of the crmock to ask (default: by --listen and --port)", URL,
     offsetof(struct options, health_url), 0, 0, NULL, "health"},
    {"threads", "N", "Threads that answer requests (default: processors less one, 1 to 4)", NUMBER,
     offsetof(struct options, app.http.threads), 1, 64, NULL, NULL},
    {"max-connections", "N", "Connections served at once (default 512)", NUMBER,
     offsetof(struct options, app.http.max_connections), 8, 65536, NULL, NULL},
    {"idle-timeout", "SECONDS", "Close silent connections after that time, 0 for never (default 60)",
     NUMBER, offsetof(struct options, app.http.idle_timeout), 0, 86400, NULL, NULL},
    {.help = "TLS and proxies:"},
    {"tls-port", "N", "Port for TLS beside the plain one, 0 for any free one", PORT,
     offsetof(struct options, app.http.tls.port), 0, 65535, NULL, NULL},
    {"tls-dir", "DIR",
     "Folder of its authority and certificate, made when missing (default: in the user's data folder)",
     TEXT, offsetof(struct options, app.identity.folder), 0, 0, NULL, "serve ca"},
    {"tls-name", "NAME", "Further name or address in the certificate; repeatable, or with commas",
     NAMES, offsetof(struct options, app.tls_names), 0, 0, NULL, NULL},
    {"tls-cert", "FILE", "Certificate of one's own in its place, as PEM; needs --tls-key", TEXT,
     offsetof(struct options, app.identity.certificate), 0, 0, NULL, NULL},
    {"tls-key", "FILE", "Key of that certificate, as PEM", TEXT,
     offsetof(struct options, app.identity.key), 0, 0, NULL, NULL},
    {"proxy-port", "N",
     "Port of a proxy that serves the service's hosts and lets nothing else pass, 0 for any free one",
     PORT, offsetof(struct options, app.proxy_port), 0, 65535, NULL, NULL},
    {"public-url", "URL", "Base URL in answers, in the place of the one by which the client came", URL,
     offsetof(struct options, app.http.public_url), 0, 0, NULL, NULL},
    {"trust-proxy", "ADDRESS",
     "Address or network of a proxy in front whose X-Forwarded-* count; repeatable, or with commas",
     NETWORKS, offsetof(struct options, app.http.trusted), 0, 0, NULL, NULL},
    {.help = "Store and fixtures:"},
    {"db", "PATH", "Store that lasts; without it the store is in memory and gone at exit", TEXT,
     offsetof(struct options, app.db), 0, 0, NULL, NULL},
    {"durability", "WORD",
     "normal: acknowledged writes survive a crash; full: a power cut too (default normal)", CHOICE,
     offsetof(struct options, app.durability), 0, 0, store_durability_names, NULL},
    {"fixtures", "DIR", "Folder of fixtures for a new store (default: those in the binary)", TEXT,
     offsetof(struct options, app.fixtures), 0, 0, NULL, NULL},
    {"cache", "DIR", "Folder for copies of loaded fixtures (default: in the user's cache folder)", TEXT,
     offsetof(struct options, app.cache), 0, 0, NULL, NULL},
    {"no-cache", NULL, "Load the fixtures at each start of a new store", OFF,
     offsetof(struct options, app.uses_cache), 0, 0, NULL, NULL},
    {.help = "Limits:"},
    {"max-body", "BYTES", "Largest request body (default 1048576)", SIZE,
     offsetof(struct options, app.http.max_body), 1, 1ULL << 30, NULL, NULL},
    {"max-header", "BYTES", "Largest request line and headers (default 16384)", SIZE,
     offsetof(struct options, app.http.max_header), 4096, 1 << 20, NULL, NULL},
    {"max-memory", "BYTES", "Memory that all requests together may take (default 268435456)", SIZE,
     offsetof(struct options, app.http.max_memory), 1 << 20, 1ULL << 40, NULL, NULL},
    {"request-memory", "BYTES", "Memory that one of them may take beside its body (default 33554432)",
     SIZE, offsetof(struct options, app.http.request_memory), 1 << 16, 1ULL << 40, NULL, NULL},
    {"request-time", "MS", "Milliseconds that a request's queries may take (default 2000)", NUMBER,
     offsetof(struct options, app.budget.milliseconds), 1, 3600000, NULL, NULL},
    {"request-steps", "N",
     "Steps that they may take, some 10 for a record looked at (default 50000000)", NUMBER,
     offsetof(struct options, app.budget.steps), 1000, 4294967295, NULL, NULL},
    {"limits", "WORD", "off, or service: its limits of credits, calls at once and tokens (default off)",
     CHOICE, offsetof(struct options, app.limits), 0, 0, limits_preset_names, NULL},
    {.help = "Jobs:"},
    {"job-delay", "MS", "Milliseconds that a job stays SCHEDULED (default 0)", NUMBER,
     offsetof(struct options, app.jobs.delay), 0, 86400000, NULL, NULL},
    {"job-rate", "N", "Records that an org's jobs try a second, 0 for as many as they can (default 0)",
     NUMBER, offsetof(struct options, app.jobs.rate), 0, 1000000, NULL, NULL},
    {"job-batch", "N", "Records that a job changes in one transaction (default 500)", NUMBER,
     offsetof(struct options, app.jobs.batch), 1, JOB_BATCH_MAX, NULL, NULL},
    {.help = "Webhooks:"},
    {"webhook-timeout", "MS", "Milliseconds that a webhook's receiver has to answer (default 5000)",
     NUMBER, offsetof(struct options, app.webhooks.timeout), 1, 600000, NULL, NULL},
    {"webhook-tries", "N", "Tries until a webhook's call is given up (default 5)", NUMBER,
     offsetof(struct options, app.webhooks.tries), 1, 100, NULL, NULL},
    {"webhook-retry", "MS",
     "Milliseconds until the second try, doubled for each further (default 1000)", NUMBER,
     offsetof(struct options, app.webhooks.retry), 1, 3600000, NULL, NULL},
    {.help = "OAuth and answers:"},
    {"token-ttl", "SECONDS", "Time that an access token lives; with ms: 1500ms (default 3600)",
     DURATION, offsetof(struct options, app.token_ttl), 1, 315360000, NULL, NULL},
    {"auto-consent", "EMAIL", "User as whom every login in the browser goes on at once, without a page",
     TEXT, offsetof(struct options, app.auto_consent), 0, 0, NULL, NULL},
    {"answers", "WORD",
     "page: v8 answers as the published page; current: as the service's newer file (default page)",
     CHOICE, offsetof(struct options, app.answers), 0, 0, answers_names, NULL},
    {"no-hints", NULL, "Leave out the headers X-Crmock-Rule and X-Crmock-Hint", OFF,
     offsetof(struct options, app.http.hints), 0, 0, NULL, NULL},
    {.help = "Control:"},
    {"control", "WORD", "on or off: the API that steers crmock, and its sandboxes (default on)", SWITCH,
     offsetof(struct options, app.control.is_on), 0, 0, switch_names, NULL},
    {"control-token", "TOKEN", "Token that every call of it needs, as Authorization: Bearer TOKEN",
     SECRET, offsetof(struct options, app.control.token), 0, 0, NULL, NULL},
    {"control-host", "HOST",
     "Name by which it may be called, beside safe ones; repeatable, or with commas", HOSTS,
     offsetof(struct options, app.control.hosts), 0, 0, NULL, NULL},
    {"control-origin", "ORIGIN", "Origin of pages that may call it; repeatable, or with commas",
     ORIGINS, offsetof(struct options, app.control.origins), 0, 0, NULL, NULL},
    {"host-check", NULL, "Ask the same of the Host of every other request", ON,
     offsetof(struct options, app.control.checks_host), 0, 0, NULL, NULL},
    {"faults", "FILE", "List of faults that main begins with, as JSON", TEXT,
     offsetof(struct options, app.faults), 0, 0, NULL, NULL},
    {"journal", "N", "Newest requests that each sandbox keeps in its journal (default 1000)", NUMBER,
     offsetof(struct options, app.journal), 0, 100000, NULL, NULL},
    {"max-sandboxes", "N", "Sandboxes alive at once, beside main (default 1000)", NUMBER,
     offsetof(struct options, app.max_sandboxes), 0, 100000, NULL, NULL},
    {"max-records", "N", "Records in a sandbox beyond which fixtures add none (default 1000000)",
     NUMBER, offsetof(struct options, app.max_records), 0, 1000000000, NULL, NULL},
    {.help = "What is read:"},
    {"from", "URL", "Base URL of the service's API, or of a crmock, to import from", URL,
     offsetof(struct options, remote.url), 0, 0, NULL, "import"},
    {"against", "URL", "Base URL of the service's API, or of a crmock, to compare with", URL,
     offsetof(struct options, remote.url), 0, 0, NULL, "parity"},
    {"token", "TOKEN", "Access token for it", SECRET, offsetof(struct options, remote.token), 0, 0,
     NULL, "import parity"},
    {"client-id", "ID", "Client that gets access tokens, in a token's place", TEXT,
     offsetof(struct options, remote.client_id), 0, 0, NULL, "import parity"},
    {"client-secret", "SECRET", "Its secret", SECRET, offsetof(struct options, remote.client_secret), 0,
     0, NULL, "import parity"},
    {"refresh-token", "TOKEN", "Its refresh token", SECRET,
     offsetof(struct options, remote.refresh_token), 0, 0, NULL, "import parity"},
    {"accounts-url", "URL", "Base URL of the accounts server (default: as that of the API)", URL,
     offsetof(struct options, remote.accounts_url), 0, 0, NULL, "import parity"},
    {"retry", "MS",
     "Milliseconds until a call that failed is tried again, doubled for each further (default 1000)",
     NUMBER, offsetof(struct options, remote.retry), 1, 3600000, NULL, "import"},
    {"out", "DIR", "Folder for the fixtures, made when missing", TEXT,
     offsetof(struct options, import.folder), 0, 0, NULL, "import"},
    {"modules", "LIST", "API names of the modules, with commas between (default: all)", TEXT,
     offsetof(struct options, import.modules), 0, 0, NULL, "import"},
    {"records", "N", "Records of each module, at most (default 200)", NUMBER,
     offsetof(struct options, import.records), 0, 1000000, NULL, "import"},
    {"anonymize", NULL, "Replace names, emails, phones and free text in records and of users", ON,
     offsetof(struct options, import.is_anonymous), 0, 0, NULL, "import"},
    {"module", "MODULE", "Module to ask about (default: the first that can be mass updated)", TEXT,
     offsetof(struct options, parity.module), 0, 0, NULL, "parity"},
    {"record", "ID", "Record of it (default: the first)", TEXT, offsetof(struct options, parity.record),
     0, 0, NULL, "parity"},
    {"view", "ID", "View of it (default: the first)", TEXT, offsetof(struct options, parity.view), 0, 0,
     NULL, "parity"},
    {"write", NULL, "Ask also what changes records, which are changed", ON,
     offsetof(struct options, parity.writes), 0, 0, NULL, "parity"},
    {"json", NULL, "Tell as JSON in the place of a table", ON, offsetof(struct options, parity.is_json),
     0, 0, NULL, "parity"},
    {"report", "FILE", "File for an issue: the same, ids and names replaced", TEXT,
     offsetof(struct options, parity.report), 0, 0, NULL, "parity"},
    {.help = "Time:"},
    {"now", "TIME", "ISO 8601 time to stand still at, or +N or -N seconds from the machine's clock",
     TIME, offsetof(struct options, app.clock), 0, 0, NULL, NULL},
    {.help = "Log and end:"},
    {"log-level", "LEVEL", "error, warning, info or debug (default info)", CHOICE,
     offsetof(struct options, app.log.level), 0, 0, log_level_names, NULL},
    {"exit-with-stdin", NULL, "End when standard input does, as a pipe does when its writer is gone",
     ON, offsetof(struct options, app.exit_with_stdin), 0, 0, NULL, NULL},
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

static void complain(const struct command *command, const struct setting *option, const char *source,
                     const char *text)
{
    const char *form =
        option->kind == URL ? " as http://HOST or https://HOST:PORT/PATH, no / at its end" : "";
    (void)fprintf(stderr, "%s: %s: \"%s\" is not what it takes: %s%s", command->title, source, text,
                  option->argument, form);
    if (option->most > 0)
        (void)fprintf(stderr, " from %llu to %llu", option->least, option->most);
    (void)fprintf(stderr, " (%s)\n", option->help);
}

/* Where a text fills its line to the margin, argp has a line of blanks behind it. */
static void print_without_blank_lines(const char *text, FILE *stream)
{
    for (const char *line = text, *next; *line != '\0'; line = next) {
        size_t blanks = strspn(line, " ");
        next = line + strcspn(line, "\n");
        next += *next != '\0';
        if (blanks == 0 || line[blanks] != '\n')
            (void)fwrite(line, 1, (size_t)(next - line), stream);
    }
}

static void print_help(const struct argp_state *state, unsigned flags)
{
    char *text = NULL;
    size_t length = 0;
    FILE *all = open_memstream(&text, &length);
    if (all == NULL)
        return;
    argp_state_help(state, all, flags);
    if (fclose(all) == 0)
        print_without_blank_lines(text, state->out_stream);
    free(text);
}

/* ECANCELED once it is told, so that argp goes no further. */
static error_t tell(int key, struct argp_state *state)
{
    if (key == KEY_VERSION)
        (void)fprintf(state->out_stream, "crmock " CRMOCK_VERSION "\n");
    else
        print_help(state, key == KEY_HELP ? ARGP_HELP_STD_HELP : ARGP_HELP_USAGE);
    return ECANCELED;
}

/* What argp fills: an option that is given wins over its variable, also one that may come again. */
struct reading {
    const struct command *command;
    struct options *options;
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
    struct reading *reading = state->input;
    if (key == ARGP_KEY_ARG && reading->command->argument != NULL &&
        reading->options->argument == NULL) {
        reading->options->argument = argument;
        return 0;
    }
    if (key < FIRST_KEY || key >= FIRST_KEY + (int)ROWS) {
        if (key == ARGP_KEY_ARG)
            argp_error(state, "unexpected argument: %s (a command stands first)", argument);
        return key == ARGP_KEY_ARG ? EINVAL : ARGP_ERR_UNKNOWN;
    }
    const struct setting *option = &settings[key - FIRST_KEY];
    if (store_argument(reading, (size_t)(key - FIRST_KEY), argument != NULL ? argument : ""))
        return 0;
    char source[VARIABLE_SIZE];
    (void)snprintf(source, sizeof source, "--%s", option->name);
    complain(reading->command, option, source, argument);
    return EINVAL;
}

static bool read_environment(const struct command *command, struct options *options)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (settings[i].name == NULL || !setting_is_of(&settings[i], command->name))
            continue;
        char name[VARIABLE_SIZE];
        variable_name(&settings[i], name);
        const char *text = getenv(name);
        bool is_set = text != NULL && text[0] != '\0' &&
                      ((settings[i].kind != ON && settings[i].kind != OFF) || strcmp(text, "0") != 0);
        if (is_set && !setting_store(&settings[i], text, options)) {
            complain(command, &settings[i], name, text);
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

static void set_defaults(struct options *options)
{
    *options = (struct options){
        .app = {.log = {.level = LOG_INFO},
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
                         .hints = true}},
        .remote = {.retry = 1000},
        .import = {.records = 200},
    };
}

/* The row as argp has it, its help written to `help`. */
static struct argp_option listed_row(const struct setting *row, int key, char help[HELP_SIZE])
{
    char variable[VARIABLE_SIZE];
    variable_name(row, variable);
    (void)snprintf(help, HELP_SIZE, "%s [$%s]", row->help, variable);
    return (struct argp_option){.name = row->name, .key = key, .arg = row->argument, .doc = help};
}

/* The rows that a command takes, and a heading where there are some behind it: argp begins a group
 * there. */
static size_t list_rows(const struct command *command, struct argp_option *listed,
                        char helps[][HELP_SIZE])
{
    size_t count = 0;
    const struct setting *heading = NULL;
    for (size_t i = 0; i < ROWS; i++) {
        if (settings[i].name == NULL)
            heading = &settings[i];
        if (settings[i].name == NULL || !setting_is_of(&settings[i], command->name))
            continue;
        if (heading != NULL)
            listed[count++] = (struct argp_option){.doc = heading->help};
        heading = NULL;
        listed[count++] = listed_row(&settings[i], FIRST_KEY + (int)i, helps[i]);
    }
    return count;
}

static bool is_whole(const struct command *command, const struct options *options)
{
    const struct identity_options *identity = &options->app.identity;
    bool is_pair = (identity->certificate == NULL) == (identity->key == NULL);
    if (!is_pair)
        (void)fprintf(stderr, "%s: --tls-cert and --tls-key go together: %s is missing\n",
                      command->title, identity->key == NULL ? "--tls-key" : "--tls-cert");
    bool needs_one = command->argument != NULL && command->argument[0] != '[';
    bool lacks = needs_one && options->argument == NULL;
    if (is_pair && lacks)
        (void)fprintf(stderr, "%s: expected %s\n", command->title, command->argument);
    return is_pair && !lacks;
}

enum options_outcome options_read(const struct command *command, int argc, char **argv,
                                  struct options *options)
{
    struct argp_option listed[ROWS + COUNT(told) + 1] = {{0}};
    char helps[ROWS][HELP_SIZE];
    memcpy(listed + list_rows(command, listed, helps), told, sizeof told);
    const struct argp argp = {
        .options = listed, .parser = parse, .args_doc = command->argument, .doc = command->says};
    set_defaults(options);
    if (!read_environment(command, options))
        return OPTIONS_WRONG;
    struct reading reading = {.command = command, .options = options};
    error_t error = argp_parse(&argp, argc, argv, ARGP_NO_HELP | ARGP_NO_EXIT, NULL, &reading);
    if (error != 0)
        return error == ECANCELED ? OPTIONS_TOLD : OPTIONS_WRONG;
    return is_whole(command, options) ? OPTIONS_READ : OPTIONS_WRONG;
}

cJSON *options_told(const struct app_options *app)
{
    const struct options options = {.app = *app};
    cJSON *all = cJSON_CreateObject();
    for (size_t i = 0; i < ROWS; i++)
        if (settings[i].name != NULL && setting_is_of(&settings[i], COMMAND_SERVE))
            cJSON_AddItemToObjectCS(all, settings[i].name, setting_tell(&settings[i], &options));
    return all;
}
