//! Every source kind with its real client: loopback servers, local repositories and private apt configurations where a
//! fault is wanted, the real registries for one small package each. Knows no upstream of the SDK.

#[cfg(test)]
mod archive;
#[cfg(test)]
mod debian;
#[cfg(test)]
mod digest_folder;
#[cfg(test)]
mod git;
#[cfg(test)]
mod pin;
#[cfg(test)]
mod registries;
#[cfg(test)]
mod support;
#[cfg(test)]
mod unpack;
