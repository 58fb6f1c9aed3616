#include "store/turns.h"

void writers_init(struct writers *writers)
{
    *writers = (struct writers){.writing = false};
    (void)pthread_mutex_init(&writers->mutex, NULL);
    (void)pthread_cond_init(&writers->left, NULL);
}

void writers_clear(struct writers *writers)
{
    (void)pthread_cond_destroy(&writers->left);
    (void)pthread_mutex_destroy(&writers->mutex);
}

static bool must_wait(const struct writers *writers, bool is_request)
{
    enum { PASSES = 32 };
    if (writers->writing)
        return true;
    bool is_backgrounds_turn = writers->requests_waiting == 0 || writers->passed >= PASSES;
    return is_request ? writers->background_waiting > 0 && writers->passed >= PASSES
                      : !is_backgrounds_turn;
}

void writers_enter(struct writers *writers, enum store_urgency urgency)
{
    bool is_request = urgency == STORE_REQUEST;
    (void)pthread_mutex_lock(&writers->mutex);
    writers->requests_waiting += is_request;
    if (!is_request && writers->background_waiting++ == 0)
        writers->passed = 0;
    while (must_wait(writers, is_request))
        (void)pthread_cond_wait(&writers->left, &writers->mutex);
    writers->requests_waiting -= is_request;
    writers->passed += is_request;
    if (!is_request) {
        writers->background_waiting--;
        writers->passed = 0;
    }
    writers->writing = true;
    (void)pthread_mutex_unlock(&writers->mutex);
}

void writers_leave(struct writers *writers)
{
    (void)pthread_mutex_lock(&writers->mutex);
    writers->writing = false;
    (void)pthread_cond_broadcast(&writers->left);
    (void)pthread_mutex_unlock(&writers->mutex);
}

void queue_init(struct queue *queue)
{
    *queue = (struct queue){.next = 0};
    (void)pthread_mutex_init(&queue->mutex, NULL);
    (void)pthread_cond_init(&queue->moved, NULL);
}

void queue_clear(struct queue *queue)
{
    (void)pthread_cond_destroy(&queue->moved);
    (void)pthread_mutex_destroy(&queue->mutex);
}

void queue_enter(struct queue *queue)
{
    (void)pthread_mutex_lock(&queue->mutex);
    uint64_t ticket = queue->next++;
    while (queue->served != ticket)
        (void)pthread_cond_wait(&queue->moved, &queue->mutex);
    (void)pthread_mutex_unlock(&queue->mutex);
}

void queue_leave(struct queue *queue)
{
    (void)pthread_mutex_lock(&queue->mutex);
    queue->served++;
    if (queue->served != queue->next)
        (void)pthread_cond_broadcast(&queue->moved);
    (void)pthread_mutex_unlock(&queue->mutex);
}
