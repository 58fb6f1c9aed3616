#include "jobs/bell.h"

#include <stdlib.h>

#include "base/arena.h"

void bell_init(struct bell *bell)
{
    *bell = (struct bell){.count = 0};
    (void)pthread_mutex_init(&bell->mutex, NULL);
}

void bell_clear(struct bell *bell)
{
    (void)pthread_mutex_destroy(&bell->mutex);
    free(bell->waiting);
}

void bell_add(struct bell *bell, struct worker *worker)
{
    (void)pthread_mutex_lock(&bell->mutex);
    if (bell->count == bell->room) {
        bell->room = bell->room > 0 ? 2 * bell->room : 8;
        bell->waiting = must_realloc(bell->waiting, bell->room * sizeof(struct worker *));
    }
    bell->waiting[bell->count++] = worker;
    (void)pthread_mutex_unlock(&bell->mutex);
}

void bell_remove(struct bell *bell, struct worker *worker)
{
    (void)pthread_mutex_lock(&bell->mutex);
    size_t place = 0;
    while (place < bell->count && bell->waiting[place] != worker)
        place++;
    if (place < bell->count)
        bell->waiting[place] = bell->waiting[--bell->count];
    (void)pthread_mutex_unlock(&bell->mutex);
}

void bell_ring(struct bell *bell)
{
    if (bell == NULL)
        return;
    (void)pthread_mutex_lock(&bell->mutex);
    for (size_t i = 0; i < bell->count; i++)
        worker_wake(bell->waiting[i]);
    (void)pthread_mutex_unlock(&bell->mutex);
}
