// Package portal is the heart of Schoolgate: who is who at a school, what
// families sign and decide, and the rules about it. It knows nothing of HTTP or
// SQL; the folders beside it translate between it and the world, and import it
// and never each other.
//
// Every operation is a method of [Portal], is one transaction of the [Store],
// and asks [Actor.May] before it does anything for somebody. All times are UTC.
package portal
