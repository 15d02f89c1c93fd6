use super::FailureRate;

/// The fewest mailboxes from which clustering can be told.
pub const MAILBOXES_TO_SEE_CLUSTERS: u64 = 10;

/// Sums over the mailboxes of a group with attempted items, kᵢ failed of nᵢ attempted each.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct FailureSums {
    /// How many mailboxes.
    pub mailboxes: u64,
    /// Σ kᵢ and Σ nᵢ.
    pub rate: FailureRate,
    /// Σ kᵢ²
    pub failed_squared: f64,
    /// Σ kᵢ nᵢ
    pub failed_by_attempted: f64,
    /// Σ nᵢ²
    pub attempted_squared: f64,
}

impl FailureSums {
    /// Adds a mailbox; one without attempted items says nothing.
    #[allow(clippy::cast_precision_loss)] // counts stay below 2^53
    pub fn add(&mut self, rate: FailureRate) {
        if rate.attempted == 0 {
            return;
        }
        let (failed, attempted) = (rate.failed as f64, rate.attempted as f64);
        self.mailboxes += 1;
        self.rate.failed += rate.failed;
        self.rate.attempted += rate.attempted;
        self.failed_squared += failed * failed;
        self.failed_by_attempted += failed * attempted;
        self.attempted_squared += attempted * attempted;
    }

    /// φ = max(1, m/(m−1) · Σ(kᵢ − p̂ nᵢ)² / k) with p̂ = k/n: the cluster-robust variance of a
    /// ratio over its mailboxes, over the binomial one (ratio estimator: Cochran 1977, chapter 6).
    /// 1 for fewer than 10 mailboxes and for no failures.
    #[allow(clippy::cast_precision_loss)] // counts stay below 2^53
    #[must_use]
    pub fn dispersion(&self) -> f64 {
        if self.mailboxes < MAILBOXES_TO_SEE_CLUSTERS || self.rate.failed == 0 {
            return 1.0;
        }
        let p = self.rate.failed as f64 / self.rate.attempted as f64;
        let squares = self.failed_squared - 2.0 * p * self.failed_by_attempted
            + p * p * self.attempted_squared;
        let m = self.mailboxes as f64;
        (m / (m - 1.0) * squares / self.rate.failed as f64).max(1.0)
    }
}
