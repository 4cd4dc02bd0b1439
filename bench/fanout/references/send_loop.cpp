// The floor: a loop of send() over all sockets, with a message that is ready.
//
// No library and no framework: what it costs is what the kernel asks for. `emit W` on the control connection sends W
// frames to every socket, each in a send() of its own; `batch W` sends the W frames in one. Frames are those of a
// graphql-transport-ws `next` with one operation id for everybody.
//
//   send_loop PORT CONTROL_PORT

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

// The answer to the key that the load client always gives: this is a floor, not a server for others.
constexpr char ACCEPT[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
constexpr char ID[] = "00000000-0000-4000-a000-000000000000";

std::vector<int> receivers;
int64_t number = 0;
std::string filler = "x";

int64_t now_ns() {
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return int64_t(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

std::string next_frame() {
    std::string text = std::string("{\"id\":\"") + ID + "\",\"type\":\"next\",\"payload\":{\"data\":{\"caseEvents\":{\"seq\":\"" +
                       std::to_string(++number) + "\",\"case\":{\"title\":\"" + filler + "\"}}}}}";
    std::string header = "\x81";
    if (text.size() < 126) {
        header += char(text.size());
    } else {
        header += char(126);
        header += char(text.size() >> 8);
        header += char(text.size() & 0xff);
    }
    return header + text;
}

void send_all(int fd, const std::string& bytes) {
    for (size_t sent = 0; sent < bytes.size();) {
        ssize_t count = send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count >= 0) {
            sent += size_t(count);
        } else if (errno == EAGAIN) {
            pollfd writable{fd, POLLOUT, 0};
            poll(&writable, 1, 1000);
        } else {
            return;  // it has gone
        }
    }
}

void emit(int count, bool in_one) {
    std::vector<std::string> frames;
    for (int i = 0; i < count; i++) frames.push_back(next_frame());
    std::string all;
    for (auto& one : frames) all += one;
    for (int fd : receivers) {
        if (in_one) {
            send_all(fd, all);
            continue;
        }
        for (auto& one : frames) send_all(fd, one);
    }
}

int listen_on(int port) {
    int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(uint16_t(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0 || listen(fd, 2048) < 0) {
        perror("listen");
        exit(1);
    }
    return fd;
}

void watch(int epoll_fd, int fd) {
    epoll_event interest{};
    interest.events = EPOLLIN;
    interest.data.fd = fd;
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &interest);
}

// One command a line; the driver sends the next only after the answer.
void obey(int fd, const char* line) {
    char word[16] = "", answer[96];
    long value = 0;
    sscanf(line, "%15s %ld", word, &value);
    int64_t at_ns = now_ns(), before = number;
    if (!strcmp(word, "emit") || !strcmp(word, "batch")) emit(int(value), word[0] == 'b');
    if (!strcmp(word, "pad")) filler.assign(size_t(value), 'x');
    if (!strcmp(word, "start")) before = number = value;
    int length = snprintf(answer, sizeof answer, "%ld %ld %ld\n", long(before + 1), long(number), long(at_ns));
    send_all(fd, std::string(answer, size_t(length)));
}

}  // namespace

int main(int count, char** words) {
    if (count != 3) return 2;
    rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    int sockets = listen_on(atoi(words[1])), control = listen_on(atoi(words[2]));
    int epoll_fd = epoll_create1(0), driver = -1;
    watch(epoll_fd, sockets);
    watch(epoll_fd, control);
    char buffer[4096];
    while (true) {
        epoll_event ready[64];
        int found = epoll_wait(epoll_fd, ready, 64, -1);
        for (int i = 0; i < found; i++) {
            int fd = ready[i].data.fd, yes = 1;
            if (fd == sockets || fd == control) {
                int accepted = accept(fd, nullptr, nullptr);
                setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
                watch(epoll_fd, accepted);
                if (fd == control) driver = accepted;
                continue;
            }
            ssize_t length = recv(fd, buffer, sizeof buffer - 1, 0);
            if (length <= 0) {
                close(fd);
                std::erase(receivers, fd);
                continue;
            }
            buffer[length] = 0;
            if (fd == driver) {
                obey(fd, buffer);
            } else if (strstr(buffer, "\r\n\r\n")) {  // the load client's request comes in one piece
                send_all(fd, ACCEPT);
                receivers.push_back(fd);
            }
        }
    }
}
