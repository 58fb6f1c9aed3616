#include "import/losses.h"

#include <stdarg.h>

void import_lose(struct import_losses *losses, const char *where, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    losses->list =
        arena_grown(losses->arena, losses->list, losses->count, &losses->room, sizeof *losses->list);
    losses->list[losses->count++] = (struct import_loss){arena_strdup(losses->arena, where),
                                                         arena_vprintf(losses->arena, format, args)};
    va_end(args);
}
