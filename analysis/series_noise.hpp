// How noisy is a series that may also have steps and spikes? Both must not count as noise, and a
// step must not count as autocorrelation.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace motley::analysis {

/// Half the width of the running median below: what lasts for fewer points than `spike_reach + 1`
/// is a spike, what lasts longer is a level.
constexpr std::size_t spike_reach = 3;

/// Places of all values but those that are farther from the running median of 7 than 4 deviations
/// of the noise there (Hampel's identifier; Pearson 2002, "Outliers in process modeling and
/// identification"). Spikes are left out and not replaced by the median as usual: copies of
/// neighbours make levels out of noise. Where more than 1 in 12 (and more than 3) would go, they
/// are no spikes but a second mode, and all stay. Throws std::invalid_argument for values
/// that are not finite or above 1e150.
std::vector<std::size_t> places_without_spikes(std::span<const double> values);
std::vector<double> at_places(std::span<const double> values, std::span<const std::size_t> places);

/// Lag-1 autocorrelation of the noise around the means of the segments that begin at `changes`, in
/// [0, 0.9]. Corrected for the means being estimated (Kendall 1954, "Note on bias in the estimation
/// of autocorrelation": each segment costs (1 + 3 r) / n), and shrunk as if 40 more points had
/// shown 0.2: its own error is 1 / sqrt(n), and benchmark histories mostly have 0 to 0.3.
double noise_autocorrelation(std::span<const double> values, std::span<const std::size_t> changes);

/// values[i] - r values[i-1]: independent if the noise is AR(1) with this r.
std::vector<double> whitened(std::span<const double> values, double autocorrelation);

/// Independent points that know a mean as well as so many of AR(1) noise.
double effective_points(double points, double autocorrelation);
/// Degrees of freedom of the variance of AR(1) noise around two means: points (1 - r^2) / (1 + r^2)
/// (Bayley and Hammersley 1946, "The effective number of independent observations") - 2.
double effective_freedom(double points, double autocorrelation);

}  // namespace motley::analysis
