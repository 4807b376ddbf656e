//! What becomes of what people ask a cluster for, when it is not what they hoped.

use std::{fmt, str::FromStr};

/// How workloads, claims and addresses turn out.
///
/// It is told by the annotation [`Outcome::ANNOTATION`] of an object, of the template of its pods or of what controls
/// it, or by [`ApiServer::script`](crate::ApiServer::script). What stands nearest to a pod counts. What is up already
/// stays up, unless its containers end.
///
/// ```
/// use kro_apiserver::Outcome;
///
/// assert_eq!("crash-loop".parse(), Ok(Outcome::CrashLoop));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Outcome {
    /// What was asked for comes about: the outcome of everything that is told no other.
    Success,
    /// The images of pods cannot be pulled: `ErrImagePull`, then `ImagePullBackOff`.
    ImagePullError,
    /// Containers end with exit code 1 as soon as they start, again and again: `CrashLoopBackOff`. With the restart
    /// policy `Never` the pod fails.
    CrashLoop,
    /// Pods fail for good: with exit code 1, or evicted if their restart policy would start them again. Pods that are
    /// replaced at once, those of replica sets, stateful sets and daemon sets, crash instead.
    Fail,
    /// Nothing is there to give: pods find no node, claims no volume, load balancers and ingresses no address.
    Pending,
}

impl Outcome {
    /// The annotation that tells the outcome.
    pub const ANNOTATION: &'static str = "behavior.kro.run/outcome";

    /// The names of all, each with what it means in a few words, in the order of the type.
    pub const NAMES: [(&'static str, &'static str); 5] = [
        ("success", "what was asked for comes about"),
        ("image-pull-error", "the images of pods cannot be pulled"),
        ("crash-loop", "containers end as soon as they start, again and again"),
        ("fail", "pods fail for good"),
        ("pending", "no node for pods, no volume for claims, no address for services and ingresses"),
    ];

    const ALL: [Self; 5] = [Self::Success, Self::ImagePullError, Self::CrashLoop, Self::Fail, Self::Pending];
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, _) = Self::NAMES[*self as usize];
        f.write_str(name)
    }
}

impl FromStr for Outcome {
    type Err = UnknownOutcome;

    fn from_str(text: &str) -> Result<Self, UnknownOutcome> {
        let at = Self::NAMES.iter().position(|(name, _)| *name == text);
        at.map(|at| Self::ALL[at]).ok_or_else(|| UnknownOutcome(text.to_owned()))
    }
}

/// No outcome has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no outcome {0:?}; there are {names}", names = Outcome::NAMES.map(|(name, _)| name).join(", "))]
pub struct UnknownOutcome(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for outcome in Outcome::ALL {
            assert_eq!(outcome.to_string().parse(), Ok(outcome));
        }
        let error = "luck".parse::<Outcome>().expect_err("no such outcome").to_string();
        assert!(error.contains("\"luck\"") && error.contains("crash-loop"), "{error}");
    }
}
