/* Which command is asked for. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"

static int help(struct options *options, struct arena *arena);

static const struct command commands[] = {
    {COMMAND_SERVE, "crmock", NULL,
     "A local stand-in for Zoho CRM's Mass Update API. Not made or endorsed by Zoho."
     "\vEach option can be set by the environment variable in brackets; the option wins."
     " The commands: serve, which is meant where none is named, ca, health, check, import, parity,"
     " help; crmock help COMMAND tells of one.",
     EXIT_FAILURE, serve},
    {"ca", "crmock ca", NULL,
     "Prints the certificate of crmock's authority for TLS, which is made when missing.", EXIT_FAILURE,
     print_authority},
    {"health", "crmock health", NULL,
     "Asks a crmock whether it is well: exit status 0 when it is, else 1 and a line that says why not.",
     EXIT_FAILURE, ask_health},
    {"check", "crmock check", "DIR",
     "Looks for faults in a folder of fixtures, without a start: exit status 0 when there are none,"
     " else 1 and a line for each.",
     EXIT_FAILURE, check_fixtures},
    {"import", "crmock import", NULL,
     "Reads an org of the service, or of a crmock, and writes it as a folder of fixtures, with what"
     " could not be kept in import.md.",
     EXIT_FAILURE, import_org},
    {"parity", "crmock parity", NULL,
     "Asks the service, or another crmock, what the gallery's requests ask, and tells where its answers"
     " differ from crmock's: exit status 0 when none does, 1 when one does, 2 when it could not be"
     " asked.",
     EXIT_UNASKED, compare_answers},
    {"help", "crmock help", "[COMMAND]",
     "Tells of a command and its options; without one, of those of serve.", EXIT_FAILURE, help},
};

/* A number that is free would be given to the next file that is opened, the store, say: what is meant
 * for stderr would be written there. Nothing can be written to this one, and whoever tries is told. */
static void hold_standard_files(void)
{
    int file;
    do
        file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    while (file >= 0 && file <= STDERR_FILENO);
    if (file >= 0)
        (void)close(file);
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < COUNT(commands); i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    (void)fprintf(stderr, "crmock: there is no command \"%s\": expected", name);
    for (size_t i = 0; i < COUNT(commands); i++)
        (void)fprintf(stderr, "%s %s", i > 0 ? "," : "", commands[i].name);
    (void)fprintf(stderr, "\n");
    return NULL;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct options options;
    enum options_outcome outcome = options_read(command, argc, argv, &options);
    if (outcome != OPTIONS_READ)
        return outcome == OPTIONS_TOLD ? EXIT_SUCCESS : command->wrong;
    struct arena arena = {.blocks = NULL};
    int status = command->run(&options, &arena);
    arena_clear(&arena);
    return status;
}

static int help(struct options *options, struct arena *arena)
{
    (void)arena;
    char option[] = "--help";
    const char *name = options->argument != NULL ? options->argument : COMMAND_SERVE;
    const struct command *command = find_command(name);
    if (command == NULL)
        return EXIT_FAILURE;
    char *arguments[] = {(char *)command->title, option, NULL};
    return run(command, COUNT(arguments) - 1, arguments);
}

int main(int argc, char **argv)
{
    hold_standard_files();
    bool is_said = argc > 1 && argv[1][0] != '-';
    const struct command *command = find_command(is_said ? argv[1] : COMMAND_SERVE);
    if (command == NULL)
        return EXIT_FAILURE;
    if (is_said)
        argv[1] = (char *)command->title;
    return run(command, argc - is_said, argv + is_said);
}
