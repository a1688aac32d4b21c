#include "interruption.h"

#include <unistd.h>

#include <atomic>
#include <csignal>

namespace translation {
namespace {

std::atomic<int> seen{0};
static_assert(std::atomic<int>::is_always_lock_free,
              "what a handler of signals writes must not wait for a lock");

// Nothing but what is allowed inside a handler.
extern "C" void note_signal(int signal) {
  if (seen.exchange(signal) != 0) ::_exit(128 + signal);
  constexpr char text[] =
      "\ntranslate: ends after this step and keeps everything; once more to quit at once\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text, sizeof text - 1);
}

void handle(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

Interruption::Interruption() {
  seen = 0;
  handle(note_signal);
}
Interruption::~Interruption() { handle(SIG_DFL); }

bool Interruption::requested() const { return seen != 0; }
const char* Interruption::name() const { return seen == SIGINT ? "SIGINT" : "SIGTERM"; }
int Interruption::exit_status() const { return 128 + seen; }

}  // namespace translation
