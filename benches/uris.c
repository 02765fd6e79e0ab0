/* The peer of uris.rs: libxml2's xmlParseURI and xmlFreeURI over the same URIs.
   Reads the URIs from the file that it is given, one a line; then, for each line of
   standard input, goes through all of them that many times and prints nanoseconds
   per URI. */
#define _GNU_SOURCE
#include <libxml/uri.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST = 1024 };

int main(int argc, char **argv)
{
    static char *uris[MOST];
    size_t count = 0, capacity = 0;
    char *line = NULL;
    FILE *list = argc == 2 ? fopen(argv[1], "r") : NULL;

    if (list == NULL)
        return 2;
    for (ssize_t length; count < MOST && (length = getline(&line, &capacity, list)) > 0;) {
        line[length - 1] = '\0';
        uris[count++] = strdup(line);
    }
    for (long passes; scanf("%ld", &passes) == 1;) {
        struct timespec start, end;
        size_t refused = 0;

        clock_gettime(CLOCK_MONOTONIC, &start);
        for (long pass = 0; pass < passes; pass++) {
            for (size_t at = 0; at < count; at++) {
                xmlURIPtr uri = xmlParseURI(uris[at]);
                refused += uri == NULL;
                xmlFreeURI(uri);
            }
        }
        clock_gettime(CLOCK_MONOTONIC, &end);
        if (refused > 0)
            return 3;
        printf("%f\n", ((end.tv_sec - start.tv_sec) * 1e9 + (end.tv_nsec - start.tv_nsec)) /
                           ((double)passes * (double)count));
        fflush(stdout);
    }
    return 0;
}
