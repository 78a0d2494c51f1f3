// Are real files read as they are meant, and are bad ones refused with a reason? The files are
// written here, as their publishers write them.
#include "workloads/data/file.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <zlib.h>

#include "harness/error.hpp"
#include "workloads/data/data_set.hpp"

namespace motley::workloads {
namespace {

namespace fs = std::filesystem;

class Files : public testing::Test {
 protected:
  Files()
      : folder_(fs::path(testing::TempDir()) /
                ("data_" +
                 std::string(testing::UnitTest::GetInstance()->current_test_info()->name()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~Files() override { fs::remove_all(folder_); }

  std::string folder() const { return folder_.string(); }
  void write(const std::string& name, const Bytes& bytes) const {
    std::ofstream(folder_ / name, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  }
  void write_gzip(const std::string& name, const Bytes& bytes) const {
    const gzFile file = gzopen((folder_ / name).c_str(), "wb");
    gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(file);
  }
  void write_text(const std::string& name, const std::string& text) const {
    write(name, Bytes(text.begin(), text.end()));
  }
  std::unique_ptr<DataSet> open(const std::string& name, std::int64_t context = 64) const {
    return open_data_set({name, folder(), 1, context});
  }
  /// What opening says; empty if it does not fail.
  std::string refusal(const std::string& name, std::int64_t context = 64) const {
    try {
      open(name, context);
    } catch (const BadArgument& error) {
      return std::string("command line: ") + error.what();
    } catch (const Error& error) {
      return error.what();
    }
    return {};
  }

  fs::path folder_;
};

/// The design's grammar: what happened (why that stops us). What to try. In one line.
void expect_refused(const std::string& message, const std::string& part) {
  EXPECT_NE(message.find(part), std::string::npos) << message << "\nlacks: " << part;
  EXPECT_NE(message.find(" ("), std::string::npos) << message;
  EXPECT_NE(message.find("). "), std::string::npos) << message;
  EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  EXPECT_TRUE(message.ends_with(".")) << message;
}

Bytes idx(std::vector<std::uint32_t> dimensions, const Bytes& elements) {
  Bytes bytes{0, 0, 8, static_cast<std::uint8_t>(dimensions.size())};
  for (const std::uint32_t dimension : dimensions) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      bytes.push_back(static_cast<std::uint8_t>(dimension >> shift));
    }
  }
  bytes.insert(bytes.end(), elements.begin(), elements.end());
  return bytes;
}

Bytes counted(std::size_t count, std::size_t first = 0) {
  Bytes bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::uint8_t>(first + i);
  return bytes;
}

/// Three training images of 4x5 and two to test with.
class IdxFiles : public Files {
 protected:
  IdxFiles() {
    write("train-images-idx3-ubyte", idx({3, 4, 5}, counted(60)));
    write("train-labels-idx1-ubyte", idx({3}, {7, 0, 9}));
    write_gzip("t10k-images-idx3-ubyte.gz", idx({2, 4, 5}, counted(40, 200)));
    write_gzip("t10k-labels-idx1-ubyte.gz", idx({2}, {1, 2}));
  }
};

TEST_F(IdxFiles, are_read_plain_and_gzipped) {
  const auto data = open("mnist");
  EXPECT_EQ(to_string(data->description().sample), "f32[4,5,1]");
  EXPECT_EQ(data->description().classes, 10);
  EXPECT_EQ(data->samples(Split::train), 3u);
  EXPECT_EQ(data->samples(Split::test), 2u);
  std::vector<float> pixels(40);
  std::vector<std::int32_t> labels(2);
  data->batch(Split::train, std::vector<std::uint64_t>{2, 0}, std::span(pixels), std::span(labels));
  EXPECT_EQ(labels, (std::vector<std::int32_t>{9, 7}));
  EXPECT_EQ(pixels[0], (2.0f * 40 - 255) / 255);
  EXPECT_EQ(pixels[39], (2.0f * 19 - 255) / 255);
  data->batch(Split::test, consecutive(0, 2), std::span(pixels), std::span(labels));
  EXPECT_EQ(labels, (std::vector<std::int32_t>{1, 2}));
  EXPECT_EQ(pixels[1], (2.0f * 201 - 255) / 255);
  EXPECT_THROW(data->batch(Split::test, consecutive(1, 2), std::span(pixels), std::span(labels)),
               BadArgument);
}

TEST_F(IdxFiles, may_have_a_prefix_and_a_dot) {
  fs::rename(folder_ / "train-images-idx3-ubyte", folder_ / "kmnist-train-images.idx3-ubyte");
  write("test-labels-idx1-ubyte", {});
  expect_refused(refusal("mnist"), "2 files");
  fs::remove(folder_ / "test-labels-idx1-ubyte");
  EXPECT_EQ(refusal("mnist"), "");
}

TEST_F(IdxFiles, are_preferred_unpacked) {
  write_gzip("train-labels-idx1-ubyte.gz", {1, 2, 3});
  EXPECT_EQ(refusal("mnist"), "");
}

TEST_F(IdxFiles, are_refused_when_cut_short) {
  write("train-images-idx3-ubyte", idx({3, 4, 5}, counted(59)));
  expect_refused(refusal("mnist"), "holds 3x4x5 elements and holds 59");
  write("train-images-idx3-ubyte", {0, 0, 8});
  expect_refused(refusal("mnist"), "does not begin as an IDX file");
  write("train-images-idx3-ubyte", idx({0, 4, 5}, {}));
  expect_refused(refusal("mnist"), "holds 0");
  // Their product is 2^64 + 4.
  write("train-images-idx3-ubyte", idx({968973220, 49477, 384773}, counted(4)));
  expect_refused(refusal("mnist"), "and holds 4");
}

TEST_F(IdxFiles, are_refused_with_another_magic) {
  write("train-images-idx3-ubyte", idx({60}, counted(60)));
  expect_refused(refusal("mnist"), "00 00 08 03");
}

TEST_F(IdxFiles, are_refused_with_a_label_out_of_range) {
  write_gzip("t10k-labels-idx1-ubyte.gz", idx({2}, {1, 10}));
  expect_refused(refusal("mnist"), "sample 1");
  expect_refused(refusal("mnist"), "the label 10 ");
}

TEST_F(IdxFiles, are_refused_when_counts_or_sizes_differ) {
  write("train-labels-idx1-ubyte", idx({2}, {7, 0}));
  expect_refused(refusal("mnist"), "3 images");
  write("train-labels-idx1-ubyte", idx({3}, {7, 0, 9}));
  write("train-images-idx3-ubyte", idx({3, 5, 4}, counted(60)));
  expect_refused(refusal("mnist"), "5x4x1");
}

TEST_F(IdxFiles, are_refused_when_missing_or_of_one_class) {
  write("train-labels-idx1-ubyte", idx({3}, {7, 7, 7}));
  expect_refused(refusal("mnist"), "all 3 training samples");
  fs::remove(folder_ / "train-labels-idx1-ubyte");
  expect_refused(refusal("mnist"), "train-labels-idx1-ubyte");
  fs::remove_all(folder_);
  expect_refused(refusal("mnist"), "No such file or directory");
}

TEST_F(IdxFiles, are_refused_when_the_gzip_stream_is_damaged) {
  const fs::path images = folder_ / "t10k-images-idx3-ubyte.gz";
  fs::resize_file(images, fs::file_size(images) - 12);
  expect_refused(refusal("mnist"), "ends within its gzip stream");
  write_gzip("t10k-images-idx3-ubyte.gz", idx({2, 4, 5}, counted(40)));
  std::fstream file(images, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(-8, std::ios::end);  // the checksum
  file.write("oops", 4);
  file.close();
  expect_refused(refusal("mnist"), "cannot be read");
}

TEST_F(Files, are_read_no_further_than_memory_allows) {
  write("big", Bytes(3 << 20));
  write_gzip("big.gz", Bytes(3 << 20));
  for (const char* name : {"/big", "/big.gz"}) {
    EXPECT_EQ(read_file(folder() + name).size(), std::size_t{3} << 20);
    try {
      read_file(folder() + name, 1 << 20);
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      expect_refused(error.what(), "more than 1048576 bytes");
    }
  }
  EXPECT_THROW(read_file(folder() + "/absent"), Error);
  EXPECT_THROW(read_file(folder()), Error);
}

/// Records whose planes hold 1, 2, 3 in their first pixel and the label behind it.
Bytes cifar_records(const std::vector<Bytes>& labels) {
  Bytes bytes;
  for (const Bytes& label : labels) {
    bytes.insert(bytes.end(), label.begin(), label.end());
    for (std::uint8_t plane = 1; plane <= 3; ++plane) {
      Bytes pixels(1024, label.back());
      pixels[0] = plane;
      bytes.insert(bytes.end(), pixels.begin(), pixels.end());
    }
  }
  return bytes;
}

TEST_F(Files, of_cifar10_become_pixels_of_three_channels) {
  fs::create_directories(folder_ / "cifar-10-batches-bin");
  write("cifar-10-batches-bin/data_batch_1.bin", cifar_records({{5}, {9}}));
  write("cifar-10-batches-bin/data_batch_2.bin", cifar_records({{0}}));
  write("cifar-10-batches-bin/test_batch.bin", cifar_records({{4}}));
  const auto data = open("cifar10");
  EXPECT_EQ(to_string(data->description().sample), "f32[32,32,3]");
  ASSERT_EQ(data->samples(Split::train), 3u);
  std::vector<float> pixels(3 * 3072);
  std::vector<std::int32_t> labels(3);
  data->batch(Split::train, consecutive(0, 3), std::span(pixels), std::span(labels));
  EXPECT_EQ(labels, (std::vector<std::int32_t>{5, 9, 0}));
  for (std::size_t channel = 0; channel < 3; ++channel) {
    EXPECT_EQ(pixels[3072 + channel], (2.0f * static_cast<float>(channel + 1) - 255) / 255);
    EXPECT_EQ(pixels[3072 + 3 + channel], (2.0f * 9 - 255) / 255);
  }
  Bytes cut = cifar_records({{4}});
  cut.pop_back();
  write("cifar-10-batches-bin/test_batch.bin", cut);
  expect_refused(refusal("cifar10"), "3072 bytes");
  write("cifar-10-batches-bin/test_batch.bin", cifar_records({{10}}));
  expect_refused(refusal("cifar10"), "the label 10 ");
  fs::remove(folder_ / "cifar-10-batches-bin/test_batch.bin");
  expect_refused(refusal("cifar10"), "test_batch.bin");
}

TEST_F(Files, of_cifar100_have_fine_labels) {
  write_gzip("train.bin.gz", cifar_records({{3, 98}, {3, 99}}));
  write("test.bin", cifar_records({{1, 2}}));
  const auto data = open("cifar100");
  EXPECT_EQ(data->description().classes, 100);
  std::vector<float> pixels(2 * 3072);
  std::vector<std::int32_t> labels(2);
  data->batch(Split::train, consecutive(0, 2), std::span(pixels), std::span(labels));
  EXPECT_EQ(labels, (std::vector<std::int32_t>{98, 99}));
  write_gzip("train.bin.gz", cifar_records({{3, 98}, {4, 98}}));
  expect_refused(refusal("cifar100"), "all 2 training samples");
}

TEST_F(Files, of_text_become_characters) {
  write_text("b.txt", "dad bad cab");  // 20 characters with a.txt: 18 to train, 2 to test
  write_text("a.txt", "abc abc ");
  write_text("c.md", "zzz");
  write_text("d.txt", "d");
  const auto data = open("text", 1);
  EXPECT_EQ(data->description().alphabet, " abcd");
  EXPECT_EQ(data->description().classes, 5);
  EXPECT_EQ(data->samples(Split::train), 17u);
  EXPECT_EQ(data->samples(Split::test), 1u);
  std::vector<std::int32_t> tokens(2), labels(2);
  data->batch(Split::train, std::vector<std::uint64_t>{2, 16}, std::span(tokens),
              std::span(labels));
  EXPECT_EQ(tokens, (std::vector<std::int32_t>{3, 3}));  // c of abc, c of cab
  EXPECT_EQ(labels, (std::vector<std::int32_t>{0, 1}));
  tokens.resize(1), labels.resize(1);
  data->batch(Split::test, consecutive(0, 1), std::span(tokens), std::span(labels));
  EXPECT_EQ(tokens[0], 2);
  EXPECT_EQ(labels[0], 4);
  expect_refused(refusal("text", 2), "holds 20 characters");
  write_text("one", "abc abc abc abc abc ");
  EXPECT_EQ(open_data_set({"text", folder() + "/one", 1, 1})->description().classes, 4);
}

TEST_F(Files, of_text_are_refused_when_empty_or_of_one_character) {
  expect_refused(refusal("text"), "holds 0 characters");
  write_text("a.txt", "");
  expect_refused(refusal("text"), "holds 0 characters");
  write_text("a.txt", std::string(1000, 'a'));
  expect_refused(refusal("text"), "one character only");
  expect_refused(refusal("text", 0), "command line: a context of 0");
}

}  // namespace
}  // namespace motley::workloads
