#include "weir/runtime/prefetch.h"

#include <algorithm>

#include "weir/runtime/device.h"

namespace weir {
namespace {

bool IsSame(const Tensor& a, const Tensor& b) {
  return a.SharesBufferWith(b) && a.raw_data() == b.raw_data() && a.shape() == b.shape();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Prefetcher::Feeds>> Prefetcher::Make() {
  auto feeds = std::make_unique<Feeds>();
  for (const FeedCopy& copy : program_.feed_copies) {
    const Slot& slot = program_.slots[copy.slot];
    ASSIGN_OR_RETURN(const size_t bytes, Tensor::ByteSize(slot.dtype, slot.shape));
    DeviceMemory* const memory = devices_[slot.device]->allocator().device_memory();
    ASSIGN_OR_RETURN(std::unique_ptr<DeviceMemory::Inlet> inlet, memory->MakeInlet(bytes));
    feeds->inlets.push_back(std::move(inlet));
  }
  return feeds;
}

absl::Status Prefetcher::Prefetch(absl::Span<const Tensor> tensors) {
  if (program_.feed_copies.empty()) return absl::OkStatus();
  std::unique_ptr<Feeds> feeds;
  {
    MutexLock lock(mu_);
    if (!spares_.empty()) {
      feeds = std::move(spares_.back());
      spares_.pop_back();
    }
  }
  if (feeds == nullptr) {
    ASSIGN_OR_RETURN(feeds, Make());
  }
  for (size_t i = 0; i < feeds->inlets.size(); ++i) {
    RETURN_IF_ERROR(feeds->inlets[i]->Fill(tensors[program_.feed_copies[i].feed].raw_data()));
  }
  feeds->tensors.assign(tensors.begin(), tensors.end());
  is_used_.store(true, std::memory_order_relaxed);
  MutexLock lock(mu_);
  ready_.push_back(std::move(feeds));
  if (ready_.size() > kMost) {
    ready_.front()->tensors.clear();
    spares_.push_back(std::move(ready_.front()));
    ready_.erase(ready_.begin());
  }
  return absl::OkStatus();
}

std::unique_ptr<Prefetcher::Feeds> Prefetcher::Take(absl::Span<const Tensor> tensors) {
  if (!is_used_.load(std::memory_order_relaxed)) return nullptr;
  MutexLock lock(mu_);
  const auto found = std::find_if(ready_.begin(), ready_.end(), [tensors](const auto& feeds) {
    return std::equal(tensors.begin(), tensors.end(), feeds->tensors.begin(), feeds->tensors.end(),
                      IsSame);
  });
  if (found == ready_.end()) return nullptr;
  std::unique_ptr<Feeds> feeds = std::move(*found);
  ready_.erase(found);
  return feeds;
}

void Prefetcher::GiveBack(std::unique_ptr<Feeds> feeds) {
  feeds->tensors.clear();
  MutexLock lock(mu_);
  spares_.push_back(std::move(feeds));
}

}  // namespace weir
